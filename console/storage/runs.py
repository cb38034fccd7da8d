"""Where runs live and which there are. Rule: a run is a folder of its owner; a broken journal is listed as that."""

import difflib
import errno
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from console.core.errors import JournalError, JournalFull, RunbookError
from console.core.evolve import fold
from console.core.identity import Identity
from console.core.observations import THINNED
from console.core.state import SETTLED_GOOD, RunState
from console.storage.ends import End, read_end
from console.storage.journal import read_records, sync_folder
from console.storage.lease import Holder, held_by

Standing = Literal["at work", "open", "paused", "in doubt", "finished", "aborted", "unreadable"]
"""Of a run; `at work` means that an engine holds it, `open` that none does."""


class Run(Struct, frozen=True, kw_only=True):
    """The place of a run."""

    id: str
    folder: Path
    journal: Path

    @property
    def socket(self) -> Path:
        """Where its engine answers."""
        return self.folder / "engine.sock"

    @property
    def log(self) -> Path:
        """What its engine says on stderr."""
        return self.folder / "engine.log"


class Summary(Struct, frozen=True, kw_only=True):
    """What a list of runs shows of one."""

    run: Run
    state: Standing
    trouble: str = ""
    """Why it is unreadable."""
    holder: Holder | None = None
    """The living engine that holds it."""
    title: str = ""
    environment: str = ""
    target: str = ""
    started: datetime | None = None
    done: int = 0
    steps: int = 0


def runs_folder(environ: Mapping[str, str], *, journal: Path | None = None) -> Path:
    """Return the folder that holds the runs' folders; `journal` is what the operator named instead."""
    if journal is not None:
        return _at_home(journal).absolute()
    given = environ.get("XDG_STATE_HOME", "")
    state = Path(given) if Path(given).is_absolute() else _at_home(Path("~")) / ".local" / "state"
    return state / "runbook" / "runs"


def _at_home(path: Path) -> Path:
    """Return a path with the home folder that a `~` in it means. Raises RunbookError when there is none."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise RunbookError(
            f"no account has the home folder {path.parts[0]}",
            remedy="set HOME or XDG_STATE_HOME, or write the whole path after --journal",
        ) from error


def create_run(runs: Path, runbook_id: str, *, now: datetime) -> Run:
    """Make the folder of a new run, for its owner alone (0700). Raises JournalError when that is not possible."""
    name = f"{runbook_id}-{now.astimezone(UTC):%Y%m%dT%H%M%S}"
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = _new_folder(runs, name)
        sync_folder(runs)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (JournalFull if full else JournalError)(
            f"cannot make a folder for the run in {runs}: {error.strerror}",
            remedy="name another place with --journal DIR",
        ) from error
    return run_in(folder)


def _new_folder(runs: Path, name: str) -> Path:
    number = 1
    while True:
        folder = runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder


def run_in(folder: Path) -> Run:
    """Return the run that lives in a folder."""
    return Run(id=folder.name, folder=folder, journal=folder / "journal.jsonl")


def list_runs(runs: Path) -> tuple[Summary, ...]:
    """Return all runs, the latest first; those that cannot be read tell why and come last."""
    summaries = [summary(run) for run in _runs(runs)]
    unread = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(summaries, key=lambda each: (each.started or unread, each.run.id), reverse=True))


def _runs(runs: Path) -> list[Run]:
    try:
        folders = [Path(entry) for entry in os.scandir(runs) if _is_folder(entry)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(
            f"cannot look into {runs}: {error.strerror}", remedy="name another place with --journal DIR"
        ) from error
    return [run_in(folder) for folder in sorted(folders)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # such as a link that leads in a circle
        return False


def summary(run: Run) -> Summary:
    """Return what a list shows of a run; never raises for what is in its folder."""
    try:
        holder = held_by(run.folder)
        end = read_end(run.journal)
        if end is not None and end.sealed.listed is not None:
            return _ended(run, end, end.sealed.listed, holder)
        state = _state(run)
    except JournalError as error:
        return Summary(run=run, state="unreadable", trouble=str(error))
    if state is None:
        return Summary(run=run, state="unreadable", trouble="no record was written", holder=holder)
    return Summary(
        run=run,
        state=_standing(state, holder),
        holder=holder,
        title=state.runbook.title,
        environment=state.started.environment,
        target=state.target.label,
        started=state.started_at,
        done=sum(step.status in SETTLED_GOOD for step in state.steps.values()),
        steps=len(state.steps),
    )


def _ended(run: Run, end: End, listed: tuple[str, int, int], holder: Holder | None) -> Summary:
    title, done, steps = listed
    return Summary(
        run=run,
        state="finished" if end.finished else "aborted",
        holder=holder,
        title=title,
        environment=end.started.environment,
        target=end.started.target.label,
        started=end.started_at,
        done=done,
        steps=steps,
    )


def _state(run: Run) -> RunState | None:
    """Return where a run stands; how far a step is says nothing about that, and there may be very many such records."""
    return fold(record for record in read_records(run.journal) if not isinstance(record.event, THINNED))


def _standing(state: RunState, holder: Holder | None) -> Standing:
    if state.ending is not None:
        return "finished" if state.ending.finished else "aborted"
    if state.in_doubt():
        return "in doubt"
    if state.paused:
        return "paused"
    return "at work" if holder else "open"


def find_open(runs: Path, *, runbook_id: str, target: Identity) -> Run | None:
    """Return the latest run of a runbook on a target that has not ended, or was not sealed; None when there is none."""
    found = [
        (state.started_at, run.id, run)
        for run, state in open_runs(runs, runbook_id=runbook_id)
        if (state.target.engine, state.target.facts) == (target.engine, target.facts)
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def open_runs(runs: Path, *, runbook_id: str) -> Iterator[tuple[Run, RunState]]:
    """Return the runs of a runbook that have not ended, or were not sealed, on whichever target."""
    for run in _runs(runs):
        try:
            state = None if read_end(run.journal) else _state(run)
        except JournalError:
            continue
        if state is not None and not state.sealed and state.runbook.runbook == runbook_id:
            yield run, state


def find(runs: Path, name: str = "") -> Run:
    """Return the run of that id, of that beginning of an id, or at that path; without a name the latest open one.

    Raises RunbookError when there is none, or more than one.
    """
    if not name:
        return _latest(runs)
    path = _at_home(Path(name))
    if path.is_file():
        return Run(id=path.absolute().parent.name, folder=path.absolute().parent, journal=path.absolute())
    if (path / "journal.jsonl").is_file():
        return run_in(path.absolute())
    all_runs = {run.id: run for run in _runs(runs)}
    if name in all_runs:
        return all_runs[name]
    fitting = [each for each in all_runs if each.startswith(name)]
    if len(fitting) == 1:
        return all_runs[fitting[0]]
    if fitting:
        raise RunbookError(f"{name} may be {', '.join(fitting)}", remedy="write more of the name")
    near = difflib.get_close_matches(name, list(all_runs), n=1)
    meant = f"did you mean {near[0]}?" if near else "`runbook runs` lists the runs there are"
    raise RunbookError(f"there is no run {name} in {runs}, and no such file", remedy=meant)


def _latest(runs: Path) -> Run:
    listed = [each for each in list_runs(runs) if each.state != "unreadable"]
    still_open = [each for each in listed if each.state not in ("finished", "aborted")]
    if not listed:
        raise RunbookError(f"there is no run in {runs}", remedy="start one with `runbook run FILE`")
    return (still_open or listed)[0].run
