"""A thousand hostile clients of a colleague's account, while the operator's step goes on."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.core import commands as c
from console.core.commands import Accepted
from console.core.state import Status
from console.sessions import Live
from tests.e2e.accounts import Accounts, passable_folder
from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.site import Site, Tell
from tests.e2e.terminal import DEADLINE, until

pytestmark = pytest.mark.e2e

MOB = Path(__file__).with_name("mob.py")
TRIPLE = Path(__file__).parent / "runbooks" / "triple.yaml"
MOST_MEMORY = 96 * 1024
"""KiB that the engine may grow by."""
MOST_FILES = 350
"""Descriptors: the connections that are let in, and those that are being turned away."""


@pytest.fixture
def ours(people: Accounts) -> Iterator[Site]:
    """A machine whose engine is root's, as its driver is, and is shared with the group."""
    with passable_folder(people.operator) as folder:
        opened = Site(folder)
        opened.runs = folder / "shared" / "runs"
        try:
            yield opened
        finally:
            opened.close()


def memory(pid: int) -> int:
    """Return the most memory that a process ever had, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def started(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def asked(ours: Site) -> float:
    """Attach as a colleague's tool would, note something, and return how many seconds that took."""
    began = time.monotonic()
    live = await Live.attach(ours.run().folder, account="root")
    assert isinstance(await live.submit(c.AddNote(text="the driver speaks")), Accepted)
    await live.close()
    return time.monotonic() - began


async def test_a_thousand_hostile_clients_do_not_disturb_the_step_under_way(
    ours: Site, people: Accounts, tell: Tell
) -> None:
    before = open_accounts(ours.database, rows=1000)
    engine = ours.start("engine", "--journal", str(ours.runs), "--group", people.group, str(TRIPLE))
    assert engine.stdout is not None
    assert "Ready" in (said := await asyncio.to_thread(engine.stdout.readline)), said
    live = await Live.attach(ours.run().folder, account="root")
    for step in ("rows", "triple"):
        assert isinstance(await live.submit(c.StartStep(step=step)), Accepted)
        if step == "rows":
            await until(lambda: ours.state().steps["rows"].status is Status.DONE, what=lambda: "counted")
    memory_before = memory(engine.pid)
    words = people.colleague.words(sys.executable, "-P", "-S", "-E", str(MOB), str(ours.run().socket))
    mob = started(words)
    try:
        assert mob.stdout is not None
        assert await asyncio.to_thread(mob.stdout.readline) == "raging\n"
        assert ours.state().steps["triple"].status is Status.RUNNING
        waited, most_files = [], 0
        while ours.state().steps["triple"].status is Status.RUNNING:
            waited.append(await asked(ours))
            most_files = max(most_files, files(engine.pid))
        waited.append(await asked(ours))
        figures = json.loads((await asyncio.to_thread(mob.communicate, "\n", DEADLINE))[0])
    finally:
        mob.kill()
        mob.communicate()
    await live.close()
    grown = memory(engine.pid) - memory_before
    tell(
        f"{figures}; engine: {grown / 1024:.0f} MiB more at most, {most_files} descriptors;"
        f" driver attached and answered {len(waited)} times, {max(waited):.2f} s at most"
    )
    assert figures["refusals"] > 0
    assert grown < MOST_MEMORY
    assert most_files < MOST_FILES
    assert balances(ours.database) == tripled(before)
    assert ours.verdict().state != "broken"
    assert "Traceback" not in ours.run().log.read_text()
