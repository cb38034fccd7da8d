"""`runbook engine`: the process that executes, started by `run`.

Rule: it says on its first line where it is, or why not.
"""

import asyncio
import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from msgspec import json

from console.cli import run_arguments
from console.cli.hosting import host
from console.cli.opening import Elsewhere, open_run
from console.cli.spawning import Failed, Ready
from console.core.errors import RunbookConsoleError
from console.engine.clock import SystemClock

NAME = "engine"
HELP = ""
LOG = "engine.log"


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
        _say(Failed(message=error.message, remedy=error.remedy, status=error.exit_status))
        return error.exit_status
    if isinstance(opened, Elsewhere):
        _say(Ready(folder=str(opened.folder)))
        return 0
    _log_to(opened.folder / LOG)
    await host(opened, clock=clock, ready=lambda _: _say(Ready(folder=str(opened.folder))), alone=True)
    return 0


def _say(report: Ready | Failed) -> None:
    """Write the one line that `run` waits for, and let go of its pipe."""
    sys.stdout.buffer.write(json.encode(report) + b"\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _log_to(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(file, sys.stderr.fileno())
    os.close(file)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
