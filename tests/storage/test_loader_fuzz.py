"""Whatever is in a file, it is a runbook, or each problem is told with a place that an editor can go to."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import json, to_builtins

from console.core.errors import InvalidDocument, RunbookError
from console.core.runbook import Runbook
from console.storage.answers import load_answers
from console.storage.plan import plan_digest
from console.storage.runbook_file import loaded_from
from console.storage.schema import schema
from console.storage.typed_nodes import plain
from console.storage.yaml_nodes import document
from tests.storage import mutations

NAME = "file.yaml"
QUICK = settings(
    max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(max_examples=3000, database=None, deadline=None, suppress_health_check=list(HealthCheck))
SCHEMA = Draft202012Validator(schema())
RUNBOOKS = mutations.of(mutations.RUNBOOKS)
ANSWERS = mutations.of(mutations.ANSWERS)


def told_in_places(error: RunbookError, *, name: str, source: bytes) -> None:
    """Fail unless every problem is a printable line with a place in the file."""
    assert isinstance(error, InvalidDocument), error
    assert error.problems
    lines = source.decode("utf-8-sig", "replace").split("\n")
    for problem in error.problems:
        assert problem.isprintable(), problem
        found = re.match(r":(\d+):(\d+): \S", problem.removeprefix(name))
        if found is None:
            assert re.fullmatch(r": and \d+ more", problem.removeprefix(name)), problem
            continue
        line, column = int(found[1]), int(found[2])
        assert 1 <= line <= len(lines), problem
        assert 1 <= column <= len(lines[line - 1]) + 1, problem


def prove_runbook(source: bytes) -> None:
    try:
        loaded = loaded_from(source, name=NAME)
    except RunbookError as error:
        told_in_places(error, name=NAME, source=source)
        return
    assert plan_digest(json.decode(json.encode(loaded.runbook), type=Runbook)) == loaded.plan_digest
    assert to_builtins(loaded_from(source, name=NAME)) == to_builtins(loaded)
    problems = [f"{each.json_path}: {each.message}" for each in SCHEMA.iter_errors(plain(document(source)))]
    assert problems == [], "the loader takes what the schema refuses"


def prove_answers(source: bytes, path: Path) -> None:
    path.write_bytes(source)
    try:
        answers = load_answers(path)
    except RunbookError as error:
        told_in_places(error, name=str(path), source=source)
    else:
        assert json.encode(answers)


def every_runbook(way: st.SearchStrategy[bytes], *, how: settings) -> None:
    how(given(way)(prove_runbook))()


def every_file_of_answers(way: st.SearchStrategy[bytes], path: Path, *, how: settings) -> None:
    how(given(way)(lambda source: prove_answers(source, path)))()


@pytest.mark.parametrize("way", RUNBOOKS)
def test_a_runbook_that_chance_changed_is_read_or_told(way: str) -> None:
    every_runbook(RUNBOOKS[way], how=QUICK)


@pytest.mark.parametrize("way", ANSWERS)
def test_answers_that_chance_changed_are_read_or_told(way: str, tmp_path: Path) -> None:
    every_file_of_answers(ANSWERS[way], tmp_path / NAME, how=QUICK)


@pytest.mark.soak
@pytest.mark.parametrize("way", RUNBOOKS)
def test_thousands_of_runbooks_that_chance_changed_are_read_or_told(way: str) -> None:
    every_runbook(RUNBOOKS[way], how=LONG)


@pytest.mark.soak
@pytest.mark.parametrize("way", ANSWERS)
def test_thousands_of_answers_that_chance_changed_are_read_or_told(way: str, tmp_path: Path) -> None:
    every_file_of_answers(ANSWERS[way], tmp_path / NAME, how=LONG)
