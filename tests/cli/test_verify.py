"""What `runbook verify` knows of a journal by itself, and what the run's database knows of it."""

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from console.core import commands as c
from console.core.commands import Accepted
from tests.cli.kept import Shell
from tests.engine.rig import Rig
from tests.storage.forging import forged, hash_of, rechained

VARIABLE = "RUNBOOK_TEST_DATABASE"
ON = ("--on", f"env:{VARIABLE}")
DOCUMENT = """
runbook: anchored
title: Two tables
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
people: {"*": [dba]}
phases:
  - id: only
    title: Only
    steps:
      - {id: first, sql: CREATE TABLE one (x), undo: DROP TABLE one}
      - {id: look, manual: Look at it}
      - {id: second, sql: CREATE TABLE two (x), undo: DROP TABLE two}
      - {id: looked, manual: Look at it once more}
"""


class Case:
    """A run on a real file, its journal, and a shell to ask."""

    def __init__(self, folder: Path, shell: Shell) -> None:
        self.shell = shell
        self.database = folder / "main.db"
        self.journal = next(folder.glob("runs/*/journal.jsonl"))

    @property
    def lines(self) -> list[bytes]:
        return self.journal.read_bytes().splitlines(keepends=True)

    def written_anew(self, lines: list[bytes]) -> None:
        self.journal.write_bytes(b"".join(lines))

    def number(self, step: str) -> int:
        """Return the number of the record that says that a step was about to be sent."""
        records = [json.loads(line) for line in self.lines]
        return int(next(each["seq"] for each in records if each["type"] == "StepStarted" and each["step"] == step))

    def verdict(self, *words: str) -> tuple[int, str]:
        """Return the exit status and what is said of the journal."""
        return self.shell("verify", str(self.journal), *words), self.shell.out.partition(": ")[2] + self.shell.err


async def carried_out(folder: Path, *, finish: bool) -> None:
    """Carry the runbook out, to its last step or to its seal, and leave one file of the database."""
    database = folder / "main.db"
    sqlite3.connect(database).execute("VACUUM").connection.close()
    (folder / "anchored.yaml").write_text(DOCUMENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"sqlite://{database}")
        running = await Rig(folder, folder / "anchored.yaml").engine()
    by = running.opened.account
    asked: list[c.AnyCommand] = [c.StartStep(step="first"), c.ConfirmStep(step="look"), c.StartStep(step="second")]
    asked += [c.ConfirmStep(step="looked"), *([c.Finish()] if finish else [])]
    for command in asked:
        assert isinstance(await running.engine.submit(command, by), Accepted)
        await running.idle()
    await running.die()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    asyncio.run(carried_out(folder, finish=True))
    return folder


@pytest.fixture
def case(finished: Path, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Return the finished run, in a copy of its own."""
    folder = shutil.copytree(finished, tmp_path / "copy")
    monkeypatch.setenv(VARIABLE, f"sqlite://{folder / 'main.db'}")
    return Case(folder, shell)


def test_a_sealed_journal_is_anchored_up_to_what_its_database_knows(case: Case) -> None:
    status, said = case.verdict(*ON)
    last, known = len(case.lines), case.number("second")
    assert status == 0
    assert said == (
        f"sealed, anchored up to record {known}: all {last} records are as they were written; "
        f"those after {known} may have been written anew (head {hash_of(case.lines[-1])})\n"
    )


def test_without_its_database_it_says_who_would_know(case: Case) -> None:
    status, said = case.verdict()
    assert status == 0
    assert "whether the whole file was written anew, only its target knows (--on)" in said


def test_the_database_may_be_named_by_its_url(case: Case) -> None:
    assert case.verdict("--on", f"sqlite://{case.database}") == case.verdict(*ON)


def test_a_journal_that_was_written_anew_from_end_to_end_is_broken_by_what_its_database_knows(case: Case) -> None:
    lines = case.lines
    lines[0] = forged(lines[0], b'"title":"Two tables"', b'"title":"Two chairs"')
    case.written_anew(rechained(lines))
    assert case.verdict()[1].startswith("sealed: all ")
    status, said = case.verdict(*ON)
    assert status == 1
    assert "broken: the ledger's row of step 'first' (attempt 1, applied " in said
    assert " and 1 more knows a record that is not in this journal: every record was written anew, or " in said


def test_a_journal_that_was_written_anew_in_its_middle_is_broken_after_what_its_database_still_finds(
    case: Case,
) -> None:
    lines, known = case.lines, case.number("first")
    place = next(place for place, line in enumerate(lines) if b'"StepConfirmed"' in line)
    lines[place] = forged(lines[place], b'"by":"', b'"by":"not_')
    case.written_anew(rechained(lines))
    status, said = case.verdict(*ON)
    assert status == 1
    assert "the ledger's row of step 'second'" in said
    assert f"knows a record that is not in this journal: record {known + 1} or a later one was written anew" in said


def test_a_dropped_end_is_known_by_the_database_and_not_without_it(case: Case) -> None:
    case.written_anew(case.lines[: case.number("second") - 1])
    assert case.verdict()[0] == 0
    status, said = case.verdict(*ON)
    assert status == 1
    assert "or the end was dropped" in said


def test_a_dropped_end_that_was_sealed_over_is_known_as_well(case: Case) -> None:
    lines = case.lines
    case.written_anew(rechained([*lines[: case.number("second") - 1], *lines[-2:]]))
    assert case.verdict()[1].startswith("sealed: ")
    assert case.verdict(*ON)[0] == 1


def test_an_end_dropped_behind_the_last_anchor_is_said_to_be_beyond_knowing(case: Case) -> None:
    known = case.number("second")
    case.written_anew(case.lines[: known + 1])
    status, said = case.verdict(*ON)
    assert status == 0
    assert said.startswith(f"unsealed, anchored up to record {known}: ")
    assert f"an end dropped after record {known} of an unsealed file cannot be known" in said


def test_a_broken_chain_is_named_by_its_record_also_with_a_database(case: Case) -> None:
    lines = case.lines
    lines[3] = lines[3].replace(b'"by":"', b'"by":"x')
    case.written_anew(lines)
    status, said = case.verdict(*ON)
    assert status == 1
    assert said.startswith("broken: record 4 was changed")


def test_another_database_is_not_taken_for_one_that_knows_nothing(case: Case, finished: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    status, said = case.verdict("--on", f"sqlite://{other}")
    assert status == 3
    assert f"knows nothing of run {case.journal.parent.name}, which began on {finished / 'main.db'} — name that" in said


def test_a_database_out_of_reach_ends_in_4(case: Case, tmp_path: Path) -> None:
    status, said = case.verdict("--on", f"sqlite://{tmp_path / 'none.db'}")
    assert status == 4
    assert "cannot be found" in said


@pytest.mark.parametrize(
    "url", ["postgresql://ann:hunter2@db1/app", "postgresql://db1/app?password=hunter2", "sqlite://ann:hunter2@x/y"]
)
def test_a_password_in_the_arguments_is_refused_and_not_repeated(case: Case, url: str) -> None:
    status, said = case.verdict("--on", url)
    assert status == 2
    assert "the arguments of a process are public — export the URL and name the variable: env:NAME" in said
    assert "hunter2" not in said


def test_a_variable_that_is_not_set_is_named(case: Case) -> None:
    status, said = case.verdict("--on", "env:NOBODY_SET_THIS")
    assert status == 2
    assert "NOBODY_SET_THIS is not set" in said


def test_asking_the_database_changes_neither_it_nor_the_journal(case: Case) -> None:
    before = (case.journal.read_bytes(), case.database.read_bytes())
    case.verdict(*ON)
    assert (case.journal.read_bytes(), case.database.read_bytes()) == before


def test_a_run_under_way_is_anchored_too(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(carried_out(tmp_path, finish=False))
    case = Case(tmp_path, shell)
    monkeypatch.setenv(VARIABLE, f"sqlite://{case.database}")
    status, said = case.verdict(*ON)
    assert status == 0
    assert said.startswith(f"unsealed, anchored up to record {case.number('second')}: ")


def test_a_database_whose_ledger_was_emptied_anchors_nothing_and_that_is_said(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(carried_out(tmp_path, finish=True))
    case = Case(tmp_path, shell)
    monkeypatch.setenv(VARIABLE, f"sqlite://{case.database}")
    with sqlite3.connect(case.database) as connection:
        connection.execute("DELETE FROM runbook_ledger")
    connection.close()
    status, said = case.verdict(*ON)
    assert status == 0
    assert said.startswith("sealed, not anchored: ")
    assert "its target knows none of them: the whole file may have been written anew" in said
