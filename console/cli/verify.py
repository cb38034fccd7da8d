"""`runbook verify`: whether journals are as they were written. Rule: says what can be known, and what cannot."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from console.cli import which_run
from console.cli.agreement import anchors_in
from console.core.errors import JournalError, WrongTarget
from console.core.events import RunStarted
from console.core.ports import LedgerEntry
from console.storage.journal import read_records
from console.storage.verify import Anchor, verify
from console.views.text import one_line

NAME = "verify"
HELP = "Tell whether journals are as they were written."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser, nargs="*")
    parser.add_argument(
        "--on",
        metavar="URL",
        help="the runs' database, as env:NAME or a URL without a password: its ledger knows what the journals were",
    )
    parser.epilog = (
        "exit status: 0 every journal is whole · 1 one is broken · 3 --on is another database · 4 it is out of reach"
    )


def execute(arguments: Namespace) -> int:
    """Say it of each, with the hash of the last whole record."""
    target = None if arguments.on is None else asyncio.run(_asked(arguments.on))
    broken = 0
    for name in arguments.run or [None]:
        run = which_run.named(arguments, name)
        verdict = verify(run.journal, anchors=None if target is None else target.anchors(run.journal))
        broken += verdict.state == "broken"
        print(f"{one_line(run.id)}: {one_line(verdict.words, limit=1000)} (head {verdict.head})")
    return 1 if broken else 0


class _Asked:
    """What a target said before the journals were read: a run under way goes on meanwhile."""

    def __init__(self, facts: dict[str, str], label: str, ledger: tuple[LedgerEntry, ...]) -> None:
        self._facts, self._label, self._ledger = facts, label, ledger

    def anchors(self, journal: Path) -> tuple[Anchor, ...]:
        """Return what the ledger knows of a journal's run. Raises WrongTarget when it is another run's database."""
        started = _started(journal)
        if started is None:
            return ()  # the verdict on such a file is the same whatever is known of it
        found = anchors_in(self._ledger, run=started.run)
        if not found and self._facts != started.target.facts:
            raise WrongTarget(
                f"{self._label} knows nothing of run {started.run}, which began on {started.target.label}",
                remedy="name that database with --on",
            )
        return found


async def _asked(url: str) -> _Asked:
    """Ask a target for its ledger. Raises RunbookError for a URL with a password, Unreachable."""
    from console import databases

    databases.refuse_literal_password(url)
    with databases.secrets_of({"on": url}, os.environ).kept_from_errors():
        target = await databases.open_target(databases.resolve(url, os.environ))
        try:
            identity = await target.identity()
            return _Asked(identity.facts, identity.label, await target.ledger())
        finally:
            await target.close()


def _started(journal: Path) -> RunStarted | None:
    try:
        first = next(iter(read_records(journal)), None)
    except JournalError:
        return None
    return first.event if first is not None and isinstance(first.event, RunStarted) else None
