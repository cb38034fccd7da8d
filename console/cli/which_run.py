"""Which run is meant. Rule: only what is certain is assumed; else the candidates are named."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from console.core.errors import JournalError, RunbookError
from console.core.evolve import fold
from console.core.state import RunState
from console.storage.journal import read_records
from console.storage.runs import Run, find, list_runs, runs_folder

_NAMED = 5
"""How many candidates an error names."""


def configure(parser: ArgumentParser, *, nargs: str = "?") -> None:
    """Add RUN and --journal."""
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs=nargs,
        help="id of a run, the beginning of it, or the path of a journal; by default the only one, or the only open",
    )
    place(parser)


def place(parser: ArgumentParser) -> None:
    """Add --journal alone."""
    parser.add_argument("--journal", metavar="DIR", type=Path, help="where runs are kept, instead of the state folder")


def folder(arguments: Namespace) -> Path:
    """Return the folder that the runs are in."""
    return runs_folder(os.environ, journal=arguments.journal)


def meant(arguments: Namespace) -> Run:
    """Return the run that was named, else the only open one. Raises RunbookError that names the candidates."""
    return named(arguments, arguments.run)


def named(arguments: Namespace, name: str | None) -> Run:
    """Return the run of that name, else the only open one, else the only one."""
    runs = folder(arguments)
    if name:
        return find(runs, name)
    found = list_runs(runs)
    listed = [each for each in found if each.state != "unreadable"]
    still_open = [each.run for each in listed if each.state not in ("finished", "aborted")]
    if len(still_open) == 1:
        return still_open[0]
    if still_open:
        raise RunbookError(f"{len(still_open)} runs are open", remedy=f"say which: {_ids(still_open)}")
    if len(listed) == 1:
        return listed[0].run
    if listed:
        raise RunbookError("no run is open", remedy=f"say which one: {_ids([each.run for each in listed])}")
    if found:
        raise JournalError(f"no run in {runs} can be read: {found[0].trouble}")
    raise RunbookError(f"there is no run in {runs}", remedy="start one with `runbook run FILE`")


def _ids(runs: list[Run]) -> str:
    more = f" and {len(runs) - _NAMED} more, see `runbook runs`" if len(runs) > _NAMED else ""
    return ", ".join(run.id for run in runs[:_NAMED]) + more


def state_of(run: Run) -> RunState:
    """Return what a run's journal says. Raises JournalError when it cannot be read."""
    state = fold(read_records(run.journal))
    if state is None:
        raise JournalError(f"{run.journal} holds no record", remedy="nothing was started: remove its folder")
    return state
