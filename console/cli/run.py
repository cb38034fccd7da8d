"""`runbook run`: an engine for the runbook, and a screen on it. Rule: paint first, attach behind."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from console.cli import run_arguments
from console.cli.screen import require_terminal
from console.core.errors import RunbookError

if TYPE_CHECKING:
    from console.sessions import Live

NAME = "run"
HELP = "Start a run, or go on with the one that is open for this runbook and database."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    run_arguments.configure(parser)
    parser.add_argument("--headless", action="store_true", help="without a screen, with --answers instead of a person")
    parser.add_argument("--answers", metavar="FILE", help="what a person would say, as YAML by step id")


def nothing() -> None:
    """There is nothing to do before the run."""


def execute(arguments: Namespace, *, before: Callable[[], None] = nothing) -> int:
    """Run a runbook and return the exit status; `before` is done first, behind the screen that is there already."""
    if arguments.answers and not arguments.headless:
        raise RunbookError("--answers goes with --headless", remedy="add --headless, or leave --answers out")
    if arguments.headless:
        from console.cli import headless

        before()
        return headless.execute(arguments)
    require_terminal(instead="run it with --headless")
    return _with_screen(arguments, before=before)


def _with_screen(arguments: Namespace, *, before: Callable[[], None]) -> int:
    from console.tui.app import run_console

    async def attach() -> "Live":
        # Imported behind the first paint, which none of them has to do with.
        from console.cli.spawning import spawn_engine
        from console.sessions import Live
        from console.storage.sockets import account_of

        folder = await spawn_engine(arguments)
        return await Live.attach(folder, account=account_of(os.getuid()))

    async def begin() -> "Live":
        await asyncio.to_thread(before)
        return await attach()

    return run_console(begin, reopen=attach)
