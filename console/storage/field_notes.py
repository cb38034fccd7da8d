"""What the types of a runbook say of their fields. Rule: the docstring below a field is what an editor shows of it."""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec import inspect as types
from msgspec.structs import fields


def structs(*kinds: type[Struct]) -> tuple[type[Struct], ...]:
    """Return the structs, and all that their fields hold, each once."""
    found: dict[type[Struct], None] = {}
    waiting: list[Any] = [types.type_info(kind) for kind in kinds]
    while waiting:
        match waiting.pop():
            case types.StructType(cls=cls, fields=inner) if cls not in found:
                found[cls] = None
                waiting += [field.type for field in inner]
            case types.Metadata(type=inside) | types.VarTupleType(item_type=inside) | types.DictType(value_type=inside):
                waiting.append(inside)
            case types.UnionType(types=members):
                waiting += members
            case _:
                continue
    return tuple(found)


def notes(kind: type[Struct]) -> dict[str, str]:
    """Return the docstrings of a struct's fields by the name that a file has for them."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except OSError:
        return {}  # installed without its source: an editor shows less
    names = {field.name: field.encode_name for field in fields(kind)}
    found = dict(_below_fields(tree.body[0]))
    return {names[name]: text for name, text in found.items() if name in names}


def _below_fields(body: ast.stmt) -> Iterator[tuple[str, str]]:
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in itertools.pairwise(statements):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                continue
