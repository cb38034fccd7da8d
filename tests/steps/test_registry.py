"""The folder is the registry, and every kind in it keeps the contract."""

import ast
import inspect
import pkgutil
from pathlib import Path

import pytest
from msgspec import Struct

from console import steps
from console.core.errors import RunbookError
from console.core.ports import Kind
from console.core.runbook import Step
from console.steps import kind_of, kinds

FUNCTIONS = ("complete", "preview", "run", "settle", "undo")
every_kind = pytest.mark.parametrize("kind", kinds().values(), ids=kinds())


def test_all_kinds_of_the_folder_are_found() -> None:
    public = {each.name for each in pkgutil.iter_modules(steps.__path__) if each.name[0] != "_"}
    assert set(kinds()) == public
    assert public >= {
        *("backfill", "baseline", "check", "http", "manual", "release", "shell", "sign_off", "sql", "wait"),
    }


@every_kind
def test_a_kind_has_what_the_port_asks_for(kind: Kind) -> None:
    assert issubclass(kind.Data, Struct)
    assert kind.KEY in kind.Data.__struct_fields__
    for name in FUNCTIONS:
        wanted = [each for each in inspect.signature(getattr(Kind, name)).parameters if each != "self"]
        assert list(inspect.signature(getattr(kind, name)).parameters) == wanted


@every_kind
def test_a_kind_has_a_test_of_its_own(kind: Kind) -> None:
    tests = (file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert any(f'"{kind.KEY}":' in text or f"{kind.KEY}=" in text for text in tests)


def test_a_step_of_an_unknown_kind_names_those_that_are_known() -> None:
    with pytest.raises(RunbookError, match="'wish', which is not built in — kinds: backfill, baseline"):
        kind_of(Step(id="x", title="", kind="wish", data={}))


def test_no_kind_yields_while_a_transaction_is_open() -> None:
    for file in Path(*steps.__path__).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.AsyncWith):
                assert "transaction" in ast.unparse(node.items[0])
                assert not [inner for inner in ast.walk(node) if isinstance(inner, ast.Yield)]
