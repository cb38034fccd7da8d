"""Who may read and write a run: its owner alone, and whoever may not is told what to do."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.cli import crash
from console.cli.engine_log import kept
from console.core import events as e
from console.core.secrets import Secrets
from console.storage.journal import Journal, read_records
from console.storage.lease import Holder, RunLease
from console.storage.runs import create_run, list_runs, run_in
from console.storage.verify import verify
from tests.storage.events import NOON, write
from tests.storage.unprivileged import NOBODY, as_nobody, open_folder

HOLDER = Holder(pid=1, host="h", account="op1", since=NOON)


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a folder that nobody else's account can look into and that belongs to nobody."""
    with open_folder() as folder:
        yield folder


def given_away(*paths: Path) -> None:
    """Give files to the account that has no privileges, where there is somebody who can."""
    if os.getuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_a_run_is_its_owners_alone_whatever_the_umask_is(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        run = create_run(tmp_path / "runs", "small", now=NOON)
        RunLease.acquire(run.folder, holder=HOLDER).release()
        write(run.journal)
        with kept(run.log, Secrets()):
            pass
        report = crash.keep(ValueError("x"), folder=run.folder)
    finally:
        os.umask(before)
    assert report is not None
    found = modes(tmp_path / "runs")
    assert {found.pop(name) for name in ("runs", run.id)} == {0o700}
    assert set(found) == {"journal.jsonl", "lease", "engine.log", report.name}
    assert set(found.values()) == {0o600}


def test_a_folder_that_is_read_only_takes_no_run_and_that_is_said(place: Path) -> None:
    (place / "runs").mkdir(mode=0o555)
    said = as_nobody(lambda: create_run(place / "runs", "small", now=NOON))
    assert said == (
        f"JournalError: cannot make a folder for the run in {place / 'runs'}: Permission denied — "
        "name another place with --journal DIR"
    )


def test_a_run_in_a_folder_that_became_read_only_is_not_begun(place: Path) -> None:
    folder = place / "small-1"
    folder.mkdir(mode=0o555)
    given_away(folder)
    lease = as_nobody(lambda: RunLease.acquire(folder, holder=HOLDER))
    assert lease.startswith("JournalError: the lease ")
    assert " — " in lease
    journal = as_nobody(lambda: Journal.create(folder / "journal.jsonl"))
    assert "cannot create the journal" in journal
    assert "Permission denied — it belongs to another account: ask them, or look at its rights" in journal
    assert list(folder.iterdir()) == []


def test_a_run_goes_on_in_a_folder_that_became_read_only(place: Path) -> None:
    """Its files are there already, and only they are written to."""
    path = write(place / "journal.jsonl")
    given_away(path)

    def go_on() -> int:
        journal = Journal.open(path)
        return journal.append(e.Noted(text="on"), at=NOON, by="op1").seq

    assert as_nobody(go_on) == "2"
    assert verify(path).records == 2


@pytest.mark.parametrize("act", [Journal.open, lambda path: list(read_records(path))])
def test_the_journal_of_another_account_is_not_opened_and_that_is_said(place: Path, act: object) -> None:
    path = write(place / "journal.jsonl")
    path.chmod(0o400 if os.getuid() == 0 else 0)
    assert callable(act)
    said = as_nobody(lambda: act(path))
    assert said.startswith("JournalError: cannot ")
    assert "Permission denied — it belongs to another account: ask them, or look at its rights" in said


def test_the_runs_of_another_account_are_listed_as_unreadable(place: Path) -> None:
    run = run_in(place / "runs" / "small-1")
    run.folder.mkdir(parents=True)
    write(run.journal).chmod(0)
    said = as_nobody(lambda: [each.state for each in list_runs(place / "runs")])
    assert said == "['unreadable']"
    run.folder.chmod(0)
    assert as_nobody(lambda: [each.state for each in list_runs(place / "runs")]) == "['unreadable']"
    assert "Permission denied" in as_nobody(lambda: verify(run.journal).words)
