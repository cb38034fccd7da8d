"""A command goes on when its engine is gone, and what became of it is found out."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from console.core.errors import GateError
from console.core.runbook import Step
from console.steps.shell.attempt import Attempt, AtWork
from tests.steps.commands import alive, ended, left_behind, lines, script, ticket, under_way, until
from tests.steps.site import Site


async def test_a_command_goes_on_when_its_engine_is_gone_and_settling_waits_for_it(site: Site, tmp_path: Path) -> None:
    step = script(
        f"touch {tmp_path}/on; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo came to its end",
        undo="true",
    )
    await left_behind(await under_way(site, step, until_file=tmp_path / "on"))
    for _ in range(2):
        with pytest.raises(
            GateError, match=r"the command is still at work, under process [0-9]+, and goes on by itself"
        ):
            await site.settle(step)
    assert len([line for line in lines(site) if "still at work" in line]) == 1
    (tmp_path / "go").touch()
    await ended(site, step)
    settled = await site.settle(step)
    assert (settled.happened, settled.evidence.partition(" after")[0]) == ("yes", "exit status 0")
    assert lines(site)[-1] == "came to its end"
    assert (await site.settle(step)).happened == "yes"


async def test_the_process_that_a_doubt_names_ends_the_command(site: Site, tmp_path: Path) -> None:
    step = script(f"echo $$ > {tmp_path}/pid; touch {tmp_path}/on; sleep 60", undo="true")
    await left_behind(await under_way(site, step, until_file=tmp_path / "on"))
    with pytest.raises(GateError) as caught:
        await site.settle(step)
    named = re.search(r"`kill -- ([0-9]+)`", caught.value.remedy)
    assert named
    os.kill(int(named[1]), signal.SIGTERM)
    await ended(site, step)
    assert "cancelled" in (await site.settle(step)).evidence
    assert not alive(int((tmp_path / "pid").read_text()))


async def killed(site: Site, step: Step, tmp_path: Path) -> None:
    """Kill the command and what supervises it, as a machine that goes down does."""
    await left_behind(await under_way(site, step, until_file=tmp_path / "on"))
    standing = Attempt(ticket(site, step)).standing()
    assert isinstance(standing, AtWork)
    os.kill(standing.pid, signal.SIGKILL)
    await until(lambda: not alive(standing.pid))
    command = int((tmp_path / "pid").read_text())
    with pytest.raises(GateError, match=f"under process {command}"):
        await site.settle(step)
    os.kill(command, signal.SIGKILL)
    await ended(site, step)


VANISHING = "echo $$ > {0}/pid; touch {0}/on; exec sleep 60"


async def test_of_what_was_killed_with_its_supervisor_nobody_knows(site: Site, tmp_path: Path) -> None:
    step = script(VANISHING.format(tmp_path), undo="true")
    await killed(site, step, tmp_path)
    settled = await site.settle(step)
    assert settled.happened == "unknown"
    assert settled.evidence.startswith("the command was begun, and nobody knows how it ended")


@pytest.mark.parametrize(
    ("mapping", "happened"),
    [
        ({"undo": "true", "idempotent": True}, "no"),
        ({"changes": "nothing"}, "no"),
        ({"undo": "true", "done_when": "SELECT count(*) > 1 FROM users"}, "yes"),
        ({"undo": "true", "done_when": "SELECT count(*) > 1000 FROM users"}, "no"),
        ({"undo": "true", "done_when": ("true",)}, "yes"),
        ({"undo": "true", "done_when": ("false",)}, "no"),
        ({"undo": "true", "done_when": ("no-such-program",)}, "unknown"),
        ({"undo": "true", "done_when": ("sh", "-c", "exit 2")}, "unknown"),
    ],
)
async def test_the_runbook_can_say_how_to_find_out(
    site: Site, tmp_path: Path, mapping: dict[str, Any], happened: str
) -> None:
    step = script(VANISHING.format(tmp_path), **mapping)
    await killed(site, step, tmp_path)
    assert (await site.settle(step)).happened == happened
