"""What is known of a sealed run from its first record and its last ones is what all of it says."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from console.core import events as e
from console.core.evolve import fold
from console.core.state import seal
from console.storage import runs as listing
from console.storage.ends import TAIL, read_end
from console.storage.journal import Journal, read_records
from console.storage.runs import Run, create_run, find_open, list_runs, summary
from tests.storage.events import NOON, TARGET, a_small_run, write
from tests.storage.forging import changed

SKIPPED = 1_000_000
"""Bytes between the beginning and the end of a run's journal."""


def a_sealed_run(runs: Path, *events: e.AnyEvent, minute: int = 0) -> Run:
    """Write a run that ends in a seal as the engine makes it."""
    run = create_run(runs, "small", now=NOON + timedelta(minutes=minute))
    write(run.journal, *events)
    state = fold(read_records(run.journal))
    assert state is not None
    journal = Journal.open(run.journal)
    journal.append(seal(state), at=NOON, by=e.ENGINE)
    journal.close()
    return run


def with_a_hole(run: Run) -> None:
    """Make a journal long: nobody may look at what is between its first record and its last ones."""
    lines = run.journal.read_bytes().splitlines(keepends=True)
    with run.journal.open("wb") as file:
        file.write(lines[0])
        file.seek(SKIPPED)
        file.write(b"\n" + b"".join(lines[-3:]))


def bytes_read(act: Callable[[], object]) -> int:
    """Return how many bytes this process asked the kernel for meanwhile."""

    def so_far() -> int:
        return int(re.findall(r"rchar: (\d+)", Path("/proc/self/io").read_text())[0])

    before = so_far()
    act()
    return so_far() - before


@pytest.mark.parametrize(
    "events",
    [
        a_small_run(),
        (*a_small_run()[:3], e.RunAborted(reason="late")),
        (*a_small_run(), e.EngineStarted(pid=2, host="h", epoch=2)),
        (e.RunAborted(reason="x" * TAIL),),
    ],
    ids=["finished", "aborted", "sealed by a later engine", "with a long reason"],
)
def test_a_sealed_run_is_listed_as_all_of_it_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: tuple[e.AnyEvent, ...]
) -> None:
    run = a_sealed_run(tmp_path, *events)
    found = summary(run)
    monkeypatch.setattr(listing, "read_end", lambda _: None)
    assert found == summary(run)
    assert found.state in ("finished", "aborted")


def test_the_end_of_a_sealed_run_is_read_without_what_is_before_it(tmp_path: Path) -> None:
    run = a_sealed_run(tmp_path, *a_small_run())
    before = summary(run)
    with_a_hole(run)
    assert summary(run) == before


def test_of_many_long_runs_only_the_ends_are_read(tmp_path: Path) -> None:
    for number in range(100):
        with_a_hole(a_sealed_run(tmp_path, *a_small_run(), minute=number))
    for act in (lambda: list_runs(tmp_path), lambda: find_open(tmp_path, runbook_id="small", target=TARGET)):
        assert bytes_read(act) < 100 * SKIPPED * 0.05
    assert {each.state for each in list_runs(tmp_path)} == {"finished"}
    assert find_open(tmp_path, runbook_id="small", target=TARGET) is None


def test_an_open_run_is_found_among_sealed_ones(tmp_path: Path) -> None:
    with_a_hole(a_sealed_run(tmp_path, *a_small_run()))
    run = create_run(tmp_path, "small", now=NOON)
    write(run.journal, *a_small_run()[:3])
    assert find_open(tmp_path, runbook_id="small", target=TARGET) == run


def test_a_seal_that_counted_nothing_has_the_whole_run_read(tmp_path: Path) -> None:
    run = create_run(tmp_path, "small", now=NOON)
    write(run.journal, *a_small_run(), e.Sealed(records=8))
    assert (summary(run).state, summary(run).done, summary(run).steps) == ("finished", 2, 2)


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("torn", lambda lines: [*lines[:-1], lines[-1][:-1]]),
        ("unsealed", lambda lines: lines[:-1]),
        ("its end altered", lambda lines: [*lines[:-1], lines[-1].replace(b'"engine"', b'"nobody"')]),
        ("its beginning altered", lambda lines: [lines[0].replace(b"Look", b"Lock"), *lines[1:]]),
        ("no beginning", lambda lines: lines[1:]),
        ("only its end", lambda lines: lines[-1:]),
        ("no ending before its seal", lambda lines: [*lines[:-2], lines[-1]]),
        ("what it begins with is not a run", lambda lines: [changed(lines[0], type="Noted", text=""), *lines[1:]]),
        ("empty", lambda _: []),
        ("an empty last line", lambda lines: [*lines, b"\n"]),
    ],
)
def test_what_is_not_sealed_or_not_sound_is_for_a_full_reading(
    tmp_path: Path, what: str, act: Callable[[list[bytes]], list[bytes]]
) -> None:
    run = a_sealed_run(tmp_path, *a_small_run())
    assert read_end(run.journal) is not None
    run.journal.write_bytes(b"".join(act(run.journal.read_bytes().splitlines(keepends=True))))
    assert read_end(run.journal) is None, what


def test_what_cannot_be_read_has_no_end(tmp_path: Path) -> None:
    assert read_end(tmp_path) is None
    assert read_end(tmp_path / "none") is None
