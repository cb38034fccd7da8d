import os
import stat
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from console.core import events as e
from console.core.errors import JournalError, RunbookError
from console.storage.journal import Journal
from console.storage.lease import Holder, RunLease
from console.storage.runs import Run, create_run, find, find_open, list_runs, runs_folder, summary
from tests.storage.events import NOON, RUNBOOK, TARGET, a_small_run, started, write


def a_run(runs: Path, *events: e.AnyEvent, minute: int = 0) -> Run:
    run = create_run(runs, "small", now=NOON + timedelta(minutes=minute))
    write(run.journal, *events)
    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "state" / "runs"


def test_runs_are_kept_in_the_state_folder_or_where_the_operator_says(tmp_path: Path) -> None:
    assert runs_folder({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/runbook/runs")
    assert runs_folder({}) == Path.home() / ".local/state/runbook/runs"
    assert runs_folder({"XDG_STATE_HOME": "relative"}) == Path.home() / ".local/state/runbook/runs"
    assert runs_folder({"XDG_STATE_HOME": "/var/state"}, journal=tmp_path) == tmp_path
    assert runs_folder({}, journal=Path("here")) == Path.cwd() / "here"
    assert runs_folder({}, journal=Path("~/here")) == Path.home() / "here"


def test_a_run_has_a_folder_for_its_owner_alone(runs: Path) -> None:
    before = os.umask(0)
    try:
        run = create_run(runs, "small", now=NOON)
    finally:
        os.umask(before)
    assert run.id == "small-20261120T120000"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (run.folder, runs)] == [0o700, 0o700]
    assert {each.name for each in (run.journal, run.socket, run.log)} == {"journal.jsonl", "engine.sock", "engine.log"}


def test_runs_of_the_same_second_have_different_names(runs: Path) -> None:
    assert [create_run(runs, "small", now=NOON).id for _ in range(3)] == [
        "small-20261120T120000",
        "small-20261120T120000-2",
        "small-20261120T120000-3",
    ]


def test_a_place_where_no_run_can_be_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="name another place with --journal DIR"):
        create_run(tmp_path / "file" / "runs", "small", now=NOON)
    with pytest.raises(JournalError, match="name another place with --journal DIR"):
        list_runs(tmp_path / "file")


def test_a_list_of_runs_says_where_each_stands_the_latest_first(runs: Path) -> None:
    assert list_runs(runs) == ()
    begun = (e.EngineStarted(pid=1, host="h", epoch=1),)
    a_run(runs, *a_small_run())
    a_run(runs, e.RunAborted(reason="late"), minute=1)
    a_run(runs, *begun, minute=2)
    a_run(runs, e.Paused(), minute=3)
    doubt = (*begun, e.StepStarted(step="fill", attempt=1), *begun)
    a_run(runs, *doubt, minute=4)
    held = a_run(runs, *begun, e.StepConfirmed(step="look"), minute=5)
    lease = RunLease.acquire(held.folder, holder=Holder(pid=1, host="h", account="op1", since=NOON))
    listed = list_runs(runs)
    lease.release()
    assert [each.state for each in listed] == ["at work", "in doubt", "paused", "open", "aborted", "finished"]
    first = listed[0]
    assert (first.run, first.title, first.environment, first.target) == (held, "A small run", "staging", "demo.sqlite")
    assert (first.done, first.steps, first.started) == (1, 2, NOON)
    assert first.holder is not None
    assert first.holder.account == "op1"


def test_a_run_that_cannot_be_read_is_listed_as_that(runs: Path) -> None:
    sound = a_run(runs, *a_small_run())
    broken = a_run(runs, *a_small_run(), minute=1)
    broken.journal.write_bytes(broken.journal.read_bytes().replace(b"quiet", b"noisy"))
    empty = create_run(runs, "empty", now=NOON)
    Journal.create(empty.journal).close()
    without = create_run(runs, "without", now=NOON)
    (runs / "a-file").write_text("")
    listed = {each.run.id: each for each in list_runs(runs)}
    assert next(iter(listed)) == sound.id
    assert {listed[each.id].state for each in (broken, empty, without)} == {"unreadable"}
    assert "line 4 was altered" in listed[broken.id].trouble
    assert listed[empty.id].trouble == "no record was written"
    assert "No such file or directory" in listed[without.id].trouble
    assert len(listed) == 4


def test_a_journal_with_an_impossible_event_is_listed_as_unreadable(runs: Path) -> None:
    run = a_run(runs, e.StepStarted(step="nowhere", attempt=1))
    assert summary(run).state == "unreadable"


def test_the_open_run_of_a_runbook_on_a_target_is_found(runs: Path) -> None:
    assert find_open(runs, runbook_id="small", target=TARGET) is None
    a_run(runs, *a_small_run(), e.Sealed(records=8), minute=9)
    run = a_run(runs, e.Paused(), minute=1)
    later = a_run(runs, minute=2)
    empty = create_run(runs, "small", now=NOON)
    Journal.create(empty.journal).close()
    broken = create_run(runs, "small", now=NOON)
    broken.journal.write_bytes(b"hello\n")
    assert find_open(runs, runbook_id="small", target=TARGET) == later
    later.journal.unlink()
    assert find_open(runs, runbook_id="small", target=TARGET) == run
    moved = msgspec.structs.replace(TARGET, label="elsewhere", version="3.99")
    assert find_open(runs, runbook_id="small", target=moved) == run
    other = msgspec.structs.replace(TARGET, facts={"inode": "8"})
    assert find_open(runs, runbook_id="small", target=other) is None
    assert find_open(runs, runbook_id="another", target=TARGET) is None


def test_a_run_that_ended_without_its_seal_is_still_to_be_gone_on_with(runs: Path) -> None:
    run = a_run(runs, *a_small_run())
    assert find_open(runs, runbook_id="small", target=TARGET) == run


def test_a_run_is_found_by_its_id_its_beginning_or_its_path(runs: Path, tmp_path: Path) -> None:
    run, other = a_run(runs), a_run(runs, minute=1)
    assert find(runs, run.id) == run
    assert find(runs, "small-20261120T1201") == other
    assert find(runs, str(run.folder)) == run
    assert find(runs, str(run.journal)) == run
    moved = tmp_path / "kept.jsonl"
    moved.write_bytes(run.journal.read_bytes())
    assert find(runs, str(moved)).journal == moved


def test_a_run_that_is_not_found_or_not_clear_is_said_with_the_nearest(runs: Path) -> None:
    run, other = a_run(runs), a_run(runs, minute=1)
    with pytest.raises(RunbookError, match=f"small may be {run.id}, {other.id} — write more of the name"):
        find(runs, "small")
    with pytest.raises(RunbookError, match=f"did you mean {run.id}"):
        find(runs, "smal-20261120T120000")
    with pytest.raises(RunbookError, match="`runbook runs` lists the runs there are"):
        find(runs, "zzz")


def test_without_a_name_the_latest_open_run_is_meant(runs: Path) -> None:
    with pytest.raises(RunbookError, match="there is no run in"):
        find(runs)
    done = a_run(runs, *a_small_run(), minute=5)
    assert find(runs) == done
    still_open = a_run(runs, minute=1)
    assert find(runs) == still_open


def test_the_first_record_keeps_the_runbook_for_ever(runs: Path) -> None:
    run = a_run(runs)
    assert started().runbook == RUNBOOK
    assert summary(run).title == RUNBOOK.title


def test_a_home_folder_that_there_is_not_is_told_with_the_way_out(runs: Path) -> None:
    for ask in (lambda: runs_folder({}, journal=Path("~nobody-at-all/runs")), lambda: find(runs, "~nobody-at-all/x")):
        with pytest.raises(RunbookError, match="no account has the home folder ~nobody-at-all — set HOME"):
            ask()


def test_links_that_lead_in_a_circle_are_no_runs(runs: Path) -> None:
    run = a_run(runs, started())
    (runs / "circle").symlink_to("circle")
    assert [each.run for each in list_runs(runs)] == [run]
