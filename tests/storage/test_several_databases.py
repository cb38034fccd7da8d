"""`databases:` and `on:`: where a step is read, and that nothing is written anywhere but in the main database."""

from pathlib import Path

import pytest

from console.core.errors import InvalidDocument
from console.storage.runbook_file import Loaded, load
from console.storage.schema import schema

RUNBOOK = """
runbook: two
title: Two databases
engine: sqlite
databases: {main: env:MAIN_URL, replica: env:REPLICA_URL}
phases:
  - id: look
    steps:
      - {id: it, STEP}
"""


def loaded(folder: Path, step: str) -> Loaded:
    path = folder / "two.yaml"
    path.write_text(RUNBOOK.replace("STEP", step), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    "step",
    [
        "check: SELECT 1, expect: 1",
        "check: {index: by_name}",
        "baseline: SELECT 1",
        "baseline: {checksum: things}",
        "wait: 1m, until: SELECT 1",
    ],
)
def test_a_step_that_reads_may_say_where_and_that_is_part_of_the_plan(tmp_path: Path, step: str) -> None:
    elsewhere = loaded(tmp_path, f"{step}, on: replica")
    assert elsewhere.runbook.step("it").on == "replica"
    assert elsewhere.plan_digest != loaded(tmp_path, step).plan_digest
    assert loaded(tmp_path, f"{step}, on: main").plan_digest == loaded(tmp_path, step).plan_digest


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("sql: CREATE TABLE t (x)", "9:47: on: a sql step does more than read, and what is written is written in main"),
        ("backfill: {table: t, key: id, set: {x: 1}}", "on: a backfill step does more than read"),
        ("manual: Look at it", "on: a manual step does more than read"),
        ("check: DELETE FROM t, expect: {fails: no such table}", "on: a statement is tried in main"),
        ("wait: 1m", "on: a wait without until: reads nothing"),
    ],
)
def test_a_step_that_does_more_is_refused_elsewhere(tmp_path: Path, step: str, told: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        loaded(tmp_path, f"{step}, on: replica")
    assert told in str(refused.value)
    assert "leave it out" in str(refused.value)


def test_a_database_that_nobody_names_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=r"on: replcia is none of the runbook's databases — did you mean replica"):
        loaded(tmp_path, "check: SELECT 1, expect: 1, on: replcia")


def test_an_editor_offers_it_only_to_steps_that_read() -> None:
    kinds = {name: kind for name, kind in schema()["$defs"].items() if name.startswith("Step of the kind ")}
    offered = {name.removeprefix("Step of the kind ") for name, kind in kinds.items() if "on" in kind["properties"]}
    assert offered == {"check", "baseline", "wait"}
