"""Steps that run commands, and what is needed to see such a command from outside."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.core.observations import Noticed
from console.core.ports import Ticket
from console.core.runbook import Step
from console.steps.shell.attempt import Attempt, AtWork
from tests.steps.site import Site, step_of

DEADLINE = 30


def shell(*command: str, **mapping: Any) -> Step:
    """Return a step that changes nothing, unless told otherwise."""
    given = {"shell": command} if command else {}
    ways_back = {"undo", "restore", "changes"} & set(mapping)
    return step_of(**{**given, **({} if ways_back else {"changes": "nothing"}), **mapping})


def script(text: str, **mapping: Any) -> Step:
    return shell(shell=text, through="sh", **mapping)


def python(text: str, **mapping: Any) -> Step:
    return shell(sys.executable, "-c", text, **mapping)


def lines(site: Site) -> list[str]:
    return [each.text for each in site.said if isinstance(each, Noticed)]


def ticket(site: Site, step: Step) -> Ticket:
    return site.handle(step).ticket


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


async def under_way(site: Site, step: Step, *, until_file: Path) -> "asyncio.Task[Any]":
    """Start a step, and wait until its command has made a file."""
    task = asyncio.create_task(site.run(step))
    await until(lambda: until_file.exists() or task.done())
    assert not task.done(), task.exception()
    return task


async def left_behind(task: "asyncio.Task[Any]") -> None:
    """Let the engine go, as a kill does: nothing is told to the command."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ended(site: Site, step: Step) -> None:
    """Wait until nothing supervises the step's command any more."""
    await until(lambda: not isinstance(Attempt(ticket(site, step)).standing(), AtWork))


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
