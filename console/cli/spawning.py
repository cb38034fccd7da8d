"""Starts an engine as a process of its own. Rule: it outlives whoever started it."""

import asyncio
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import IO, cast

from msgspec import DecodeError, Struct, json

from console.cli import run_arguments
from console.core.errors import RunbookConsoleError


class Ready(Struct, frozen=True, kw_only=True, tag=True):
    """The engine takes commands in this folder."""

    folder: bytes
    """Its path, which need not be text."""


class Failed(Struct, frozen=True, kw_only=True, tag=True):
    """The engine did not start."""

    message: str
    remedy: str
    status: int


class NotStarted(RunbookConsoleError):
    """The engine did not start; carries the exit status that its own error has."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message, remedy=failed.remedy)
        self.exit_status = failed.status


async def spawn_engine(arguments: Namespace) -> Path:
    """Start the engine of a run, or find the living one; return the run's folder. Raises NotStarted."""
    line = await asyncio.to_thread(_start, arguments)
    try:
        report = json.decode(line, type=Ready | Failed)
    except DecodeError as error:
        broken = Failed(message="the engine ended before it was ready", remedy="look into the state folder", status=70)
        raise NotStarted(broken) from error
    if isinstance(report, Failed):
        raise NotStarted(report)
    return Path(os.fsdecode(report.folder))


def _start(arguments: Namespace) -> bytes:
    # -P: a folder named console where the operator happens to be is not this program.
    command = [sys.executable, "-P", "-m", "console", "engine", *run_arguments.words(arguments)]
    process = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with cast("IO[bytes]", process.stdout) as pipe:
        line: bytes = pipe.readline()
    process.returncode = 0  # it lives on; nobody here waits for it
    return line
