"""`runbook replay`: a run as a film, from its journal. Rule: it reads, and needs neither engine nor database."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from console.cli import which_run
from console.cli.screen import require_terminal
from console.core.evolve import evolve
from console.storage.journal import read_records
from console.views.rows import plain
from console.views.text import one_line
from console.views.timeline import Timeline

NAME = "replay"
HELP = "Go through the journal of a run, record by record."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--text", action="store_true", help="print the timeline instead")


def execute(arguments: Namespace) -> int:
    """Open the screen on it, or print it."""
    journal = which_run.meant(arguments).journal
    return _print(journal) if arguments.text else _show(journal)


def _show(journal: Path) -> int:
    require_terminal(instead="--text prints the timeline")
    from console.cli.asking import account
    from console.sessions import Replay
    from console.tui.app import run_console

    async def opened() -> Replay:
        return Replay.open(journal, account=account())

    return run_console(opened)


def _print(journal: Path) -> int:
    """Print record by record, so that one that cannot be read ends the list where it stands."""
    state, timeline = None, None
    for record in read_records(journal):
        state = evolve(state, record)
        timeline = Timeline((record,), state.runbook) if timeline is None else timeline
        words = plain(timeline.words(record))
        print(f"{record.seq:6}  {record.at:%Y-%m-%d %H:%M:%S}  {one_line(record.by):10}  {words}")
    return 0
