"""Every SQL file is found by its purpose, is one statement that the engine takes, and is used."""

import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from console.databases.purposes import purposes, sql_for
from console.statements import known, split
from tests.source import strings, tree

ASKED = {"schema", "index", "column", "object", "broken_references", "key_columns"}
"""What the port promises of every engine, and what probes ask."""
ASKED_OF_SOME = {"constraint", "validated_constraint", "valid_index", "enum_value"}
ASKED_OF_SOME |= {"partition", "attached_partition", "busy_index", "valid_index_on", "index_of"}
"""What not every engine can answer."""

every_file = pytest.mark.parametrize(
    ("engine", "purpose"), [(engine, purpose) for engine in known() for purpose in purposes(engine)]
)


@every_file
def test_a_file_is_one_statement(engine: str, purpose: str) -> None:
    assert len(split(sql_for(purpose, engine=engine), engine=engine)) == 1


def test_every_file_is_used() -> None:
    modules = [module for module in tree() if module.path.startswith("console/databases/")]
    named = {str(node.value) for module in modules for node in strings(module)}
    assert {purpose for engine in known() for purpose in purposes(engine)} <= named | ASKED | ASKED_OF_SOME


@pytest.mark.parametrize("purpose", purposes("sqlite"))
def test_sqlite_takes_its_files(purpose: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in ("ledger_table", "lease_table"):
            connection.execute(sql_for(table, engine="sqlite"))
        columns = connection.execute("SELECT name FROM pragma_table_info('runbook_ledger')").fetchall()
        names = [name for (name,) in columns] + ["name", "kind", "table", "column", "account", "host", "pid"]
        connection.execute("EXPLAIN " + sql_for(purpose, engine="sqlite"), dict.fromkeys(names, ""))


@pytest.mark.parametrize("engine", known())
def test_every_question_of_the_port_has_its_file(engine: str) -> None:
    assert set(purposes(engine)) >= ASKED


def test_a_folder_of_sql_holds_nothing_else() -> None:
    found = [each.name for engine in known() for each in (files("console.databases") / "sql" / engine).iterdir()]
    assert all(name.endswith(".sql") for name in found)
