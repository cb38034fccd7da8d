"""The statements of an application in a runbook: found by the checks that name them, and sound."""

from pathlib import Path

import pytest

from console.core.errors import InvalidDocument
from console.storage.runbook_file import Loaded, load

RUNBOOK = """\
runbook: said
title: What the application says
engine: sqlite
databases: {main: env:APP_DATABASE}
applications: [v1.0, v1.10]
statements:
  v1.0:
    - SELECT id FROM users
    - INSERT INTO users (id) VALUES (0)
  1.10: [SELECT id FROM users]
phases:
  - id: expand
    steps:
      - {id: first, check: {succeeds: v1.0}}
      - {id: second, check: {succeeds: 1.10}}
      - {id: third, check: {succeeds: [SELECT 1]}}
"""


def loaded(folder: Path, old: str = "", new: str = "") -> Loaded:
    assert old in RUNBOOK
    path = folder / "said.yaml"
    path.write_text(RUNBOOK.replace(old, new, 1))
    return load(path)


def test_statements_belong_to_their_version(tmp_path: Path) -> None:
    runbook = loaded(tmp_path).runbook
    assert runbook.statements == {
        "v1.0": ("SELECT id FROM users", "INSERT INTO users (id) VALUES (0)"),
        "1.10": ("SELECT id FROM users",),
    }
    assert [step.title for step in runbook.steps()] == [
        "What v1.0 says succeeds",
        "What 1.10 says succeeds",
        "SELECT 1 succeeds",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("succeeds: v1.0", "succeeds: v1.1", "14:39: succeeds: there are no statements of v1.1 — did you mean v1.0?"),
        ("INSERT INTO users (id) VALUES (0)", "SELECT 1; SELECT 2", "9:7: v1.0: one statement is tried at a time, "),
        ("INSERT INTO users (id) VALUES (0)", "VACUUM", "9:7: v1.0: VACUUM cannot be rolled back, so it cannot be "),
        ("INSERT INTO users (id) VALUES (0)", "BEGIN", "9:7: v1.0: BEGIN cannot be rolled back, so it cannot be "),
        ("INSERT INTO users (id) VALUES (0)", "-- later", "9:7: v1.0: holds no statement; write one"),
        ("[SELECT id FROM users]", "[]", "10:9: 1.10: is empty: write a list of statements, or take the version out"),
        ("[SELECT id FROM users]", "SELECT 1", "10:9: 1.10: 'SELECT 1' is not a list: write [SELECT 1]"),
        ("[SELECT 1]", "[SELECT 1; SELECT 2]", "16:39: check: succeeds: line 1: one statement is asked, here are 2"),
    ],
)
def test_what_cannot_be_tried_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        loaded(tmp_path, old, new)
    (problem,) = refused.value.problems
    assert f":{said}" in problem


def test_a_version_without_any_statements_says_where_they_go(tmp_path: Path) -> None:
    part = RUNBOOK[RUNBOOK.index("statements:") : RUNBOOK.index("phases:")]
    with pytest.raises(
        InvalidDocument, match=r"no statements of v1\.0: write them under statements:, or here as a list"
    ):
        loaded(tmp_path, part, "")


def test_another_statement_is_another_plan_and_another_form_of_it_is_not(tmp_path: Path) -> None:
    plan = loaded(tmp_path).plan_digest
    assert loaded(tmp_path, "VALUES (0)", "VALUES (1)").plan_digest != plan
    assert loaded(tmp_path, "SELECT id FROM users", "SELECT  id  FROM users -- by key").plan_digest == plan
