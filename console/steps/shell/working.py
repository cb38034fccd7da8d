"""Waits for a command and says what it says. Rule: it is ended when a person asks; an engine that ends leaves it."""

import asyncio
import subprocess
from collections.abc import Callable, Sequence

from console.core.observations import Noticed
from console.core.ports import Say
from console.steps.shell.attempt import Attempt, AtWork, Standing
from console.steps.shell.output import Output
from console.steps.shell.surroundings import environ

FIRST_LOOK, LONGEST_LOOK = 0.02, 0.2
"""Seconds between two looks at the command: real ones, for no clock of ours moves it."""
ANSWER_SECONDS = 60.0
"""How long a command may take to say whether something is done."""


async def finished(
    attempt: Attempt, output: Output, *, step: str, say: Say, cancelling: Callable[[], bool]
) -> Standing:
    """Return how the attempt stands once the command has ended, ending it when that is asked for."""
    asked, pause = False, FIRST_LOOK
    while isinstance(standing := attempt.standing(), AtWork):
        for line in output.more():
            say(Noticed(step=step, text=line))
        if not asked and cancelling():
            attempt.end()
            asked = True
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LOOK)
    for line in output.rest():
        say(Noticed(step=step, text=line))
    return standing


async def says(command: Sequence[str], *, folder: str, env: tuple[str, ...], secrets: dict[str, str]) -> bool | None:
    """Ask a command that changes nothing: 0 is yes, 1 is no, anything else no answer."""
    surroundings = environ(env, secrets)

    def ask() -> int:
        return subprocess.run(  # noqa: S603 - the runbook's own command, as a list
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=folder or None,
            env=surroundings,
            timeout=ANSWER_SECONDS,
        ).returncode

    try:
        return {0: True, 1: False}.get(await asyncio.to_thread(ask))
    except (OSError, subprocess.TimeoutExpired):
        return None
