"""Names as they stand in a tree. Rule: as written in SQL, quoted where that is needed, the schema kept apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from postgast import pg_query_pb2 as pg

_PLAIN = re.compile(r"[a-z_\x80-\U0010ffff][a-z0-9_$\x80-\U0010ffff]*")


def quoted(*parts: str) -> str:
    """Return a dotted name as SQL writes it; empty parts are left out."""
    return ".".join(part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"' for part in parts if part)


def of_relation(relation: pg.RangeVar) -> str:
    """Return a relation's name with its schema, if that is written."""
    return quoted(relation.schemaname, relation.relname)


def strings(nodes: Iterable[pg.Node]) -> tuple[str, ...]:
    """Return the strings among nodes: the parts of a name."""
    return tuple(node.string.sval for node in nodes if node.HasField("string"))


def parts_of(node: pg.Node) -> tuple[str, ...]:
    """Return the parts of an object's name, whichever way the tree holds it."""
    match node.WhichOneof("node"):
        case "list":
            return strings(node.list.items)
        case "string":
            return (node.string.sval,)
        case "type_name":
            return strings(node.type_name.names)
        case "range_var":
            return tuple(part for part in (node.range_var.schemaname, node.range_var.relname) if part)
        case "object_with_args":
            return strings(node.object_with_args.objname)
        case _:
            return ()


def option(options: Iterable[pg.Node], name: str) -> bool | None:
    """Return whether an option is on; None when it is not written."""
    for each in options:
        if each.def_elem.defname == name:
            value = each.def_elem.arg
            written = value.string.sval or strings(value.type_name.names)[-1:] or ""
            text = written if isinstance(written, str) else written[0]
            off = text.lower() in ("false", "off", "no", "none")
            return not off and not (value.HasField("integer") and value.integer.ival == 0)
    return None


def words_of(name: str, *, prefix: str) -> str:
    """Return an enumeration's name in words: OBJECT_FOREIGN_TABLE is FOREIGN TABLE."""
    return name.removeprefix(prefix).replace("_", " ")


def first(names: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the first of several names, none when there is none."""
    return names[0] if names else ()


def within(node: Any, *names: str) -> Iterator[Any]:
    """Yield the nodes of these names in a tree, in no order; postgast's own walk takes ten times as long."""
    left = [node]
    while left:
        at = left.pop()
        if at.DESCRIPTOR.name in names:
            yield at
        for field, value in at.ListFields():
            if field.message_type is not None:
                left += value if field.is_repeated else (value,)
