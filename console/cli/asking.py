"""Asks the engine of a run for something, from the shell. Rule: the engine decides, as for a key press."""

import asyncio
import os
from argparse import Namespace

from console.cli import which_run
from console.core.commands import Accepted, Answer, AnyCommand, Refused
from console.core.errors import GateError, JournalError
from console.core.gates import run_gates
from console.sessions import Live
from console.storage.runs import Run
from console.storage.sockets import account_of

PATIENCE = 30.0
"""Seconds after which an engine that does not answer is given up."""


def ask(arguments: Namespace, command: AnyCommand, *, done: str) -> int:
    """Send a command to the engine of the run that is meant, and say `done` with the number of the record.

    Raises GateError when the engine refuses, JournalError when none answers.
    """
    return tell(asyncio.run(answer_to(which_run.meant(arguments), command)), done=done)


def tell(answer: Answer, *, done: str) -> int:
    """Print what was carried out. Raises GateError for what was refused."""
    match answer:
        case Refused(reason=reason, remedy=remedy):
            raise GateError(reason, remedy=remedy)
        case Accepted(seq=seq):
            print(f"{done} (record {seq})")
            return 0


async def answer_to(run: Run, command: AnyCommand) -> Answer:
    """Return the engine's answer. Raises JournalError when there is none, GateError when the run has ended."""
    session = await _attached(run)
    try:
        async with asyncio.timeout(PATIENCE):
            return await session.submit(command)
    except TimeoutError as error:
        raise JournalError(
            f"the engine of {run.id} has not answered for {PATIENCE:.0f} s", remedy=f"see its log: {run.log}"
        ) from error
    except ConnectionError as error:
        raise JournalError(f"the engine of {run.id} hung up", remedy="start it again with `runbook run`") from error
    finally:
        await session.close()


async def _attached(run: Run) -> Live:
    try:
        return await Live.attach(run.folder, account=account())
    except JournalError:
        state = which_run.state_of(run)
        if state.ending is None:
            raise
        ended = run_gates(state)[0]
        raise GateError(ended.reason, remedy=ended.remedy) from None


def account() -> str:
    """Return the login name of whoever started this program."""
    return account_of(os.getuid())
