"""`runbook engine`: the process that executes, started by `run`.

Rule: it says on its first line where it is, or why not.
"""

import asyncio
import logging
import os
import sys
from argparse import ArgumentParser, Namespace

from msgspec import json

from console.cli import engine_log, run_arguments
from console.cli.elsewhere import Elsewhere
from console.cli.hosting import host
from console.cli.opening import Opened, open_run
from console.cli.spawning import Failed, Ready
from console.core.errors import RunbookConsoleError
from console.core.ports import Clock
from console.engine.clock import SystemClock

NAME = "engine"
HELP = ""

log = logging.getLogger(__name__)


def configure(parser: ArgumentParser) -> None:
    """Add the arguments: those of `run`."""
    run_arguments.configure(parser)


def execute(arguments: Namespace) -> int:
    """Open the run, say so, and serve until it is over."""
    return asyncio.run(_engine(arguments))


async def _engine(arguments: Namespace) -> int:
    clock = SystemClock()
    try:
        opened = await open_run(arguments, clock)
    except RunbookConsoleError as error:
        _say(_failed(error))
        return error.exit_status
    if isinstance(opened, Elsewhere):
        _say(Ready(folder=os.fsencode(opened.folder)))
        return 0
    with engine_log.kept(opened.folder / engine_log.FILE, opened.secrets) as file:
        os.dup2(file, sys.stderr.fileno())
        return await _serve(opened, clock)


async def _serve(opened: Opened, clock: Clock) -> int:
    try:
        with opened.secrets.kept_from_errors():
            await host(opened, clock=clock, ready=lambda _: _say(Ready(folder=os.fsencode(opened.folder))), alone=True)
    except RunbookConsoleError as error:
        log.error("this engine cannot go on: %s", error)  # noqa: TRY400 - it says it all, and is no defect
        _say(_failed(error))
        return error.exit_status
    return 0


def _failed(error: RunbookConsoleError) -> Failed:
    """Return what is told of an error; it may name a file, the name of which need not be text."""
    message, remedy = (each.encode(errors="backslashreplace").decode() for each in (error.message, error.remedy))
    return Failed(message=message, remedy=remedy, status=error.exit_status)


def _say(report: Ready | Failed) -> None:
    """Write the one line that `run` waits for, and let go of its pipe; nobody hears a second one."""
    sys.stdout.buffer.write(json.encode(report) + b"\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
