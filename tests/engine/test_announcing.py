"""What happens is announced, once a place takes it, and no place is in the way of a run."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted
from console.engine import announcing
from console.engine.announcing import Announcer
from console.engine.clock import SystemClock
from console.storage.journal import read_records
from tests.engine.rig import Rig, Running
from tests.steps.web import Web, hangs, says, serving

RUNBOOK = """
runbook: announced
title: Announced
engine: sqlite
databases: {main: env:ANNOUNCED_DATABASE}
people: {"*": [reviewer]}
risk: low
announce: PLACES
phases:
  - id: work
    title: Work
    steps:
      - {id: add, sql: ALTER TABLE t ADD COLUMN y, undo: ALTER TABLE t DROP COLUMN y}
  - id: more
    title: More
    steps:
      - {id: wrong, check: SELECT 1, expect: 2}
"""
HOOK = "[{webhook: env:ANNOUNCED_HOOK}]"


class LaterClock(SystemClock):
    """The time some hours later."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=3)


@pytest.fixture
async def web(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Web]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(announcing, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(announcing, "LONGEST_PAUSE", 0.05)
    async with serving() as found:
        found.on("/hook", says(200))
        monkeypatch.setenv("ANNOUNCED_HOOK", found.url("/hook"))
        yield found


class Desk:
    """A run with its announcer."""

    def __init__(self, folder: Path, announce: str = HOOK) -> None:
        with closing(sqlite3.connect(folder / "app.db")) as connection:
            connection.execute("CREATE TABLE t (x)")
        (folder / "announced.yaml").write_text(RUNBOOK.replace("PLACES", announce))
        self.rig = Rig(folder, folder / "announced.yaml")
        self.rig.clock = SystemClock()  # type: ignore[assignment] # what is waited for is a server
        self.running: Running

    async def open(self) -> "Desk":
        self.running = await self.rig.engine()
        self.announcer = Announcer(logbook=self.running.engine.logbook, clock=self.rig.clock)
        self.announcer.start()
        return self

    async def do(self, *commands: c.AnyCommand) -> "Desk":
        for command in commands:
            answer = await self.running.engine.submit(command, self.running.opened.account)
            assert isinstance(answer, Accepted), answer
            await self.running.idle()
        return self

    def events(self) -> list[e.AnyEvent]:
        (journal,) = (self.rig.folder / "runs").glob("*/journal.jsonl")
        return [record.event for record in read_records(journal)]

    def notes(self) -> list[str]:
        return [event.text for event in self.events() if isinstance(event, e.Noted)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Desk]:
    monkeypatch.setenv("ANNOUNCED_DATABASE", f"sqlite:///{tmp_path}/app.db")
    return lambda announce=HOOK: Desk(tmp_path, announce)


def told(web: Web) -> list[dict[str, Any]]:
    return [json.decode(each.body) for each in web.received]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


ADD, ABORT = c.StartStep(step="add"), c.Abort(reason="enough")


async def test_a_webhook_is_told_of_what_happens_and_of_nothing_else(web: Web, desk: Callable[..., Desk]) -> None:
    here = await desk().open()
    await here.do(ADD, c.UndoPhase(phase="work", typed="work"), ABORT)
    await here.announcer.finish()
    found = told(web)
    assert [each["event"] for each in found] == ["opened", "phase_done", "rollback", "rollback", "aborted"]
    assert found[1]["text"] == "Announced (development): Work is done"
    assert found[3]["text"].endswith("Work was taken back, and all is as before")
    assert found[-1]["text"].endswith(": enough")
    keys = [each.headers["idempotency-key"] for each in web.received]
    assert keys == [each["key"] for each in found]
    assert len(set(keys)) == 5
    assert here.notes() == []
    await here.running.die()


async def test_only_what_is_asked_for_is_announced(web: Web, desk: Callable[..., Desk]) -> None:
    here = await desk("[{webhook: env:ANNOUNCED_HOOK, events: [failed, aborted]}]").open()
    await here.do(ADD, c.StartStep(step="wrong"), ABORT)
    await here.announcer.finish()
    assert [each["event"] for each in told(web)] == ["failed", "aborted"]
    assert told(web)[0]["step"] == "wrong"
    await here.running.die()


async def test_a_place_that_is_down_is_in_nobodys_way_and_is_told_later(web: Web, desk: Callable[..., Desk]) -> None:
    web.on("/hook", *[says(503)] * 4, says(200))
    here = await desk().open()
    await here.do(ADD)
    await until(lambda: len(web.received) >= 6)
    await here.announcer.finish()
    assert [each["event"] for each in told(web)] == ["opened"] * 5 + ["phase_done"]
    assert here.notes() == [
        "announce 1 (env:ANNOUNCED_HOOK) takes no announcements: it answers with 503; it is tried again for an hour"
    ]
    await here.running.die()


async def test_a_place_that_hangs_holds_up_no_step_and_the_end_not_for_long(
    web: Web, desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "LAST_WORDS_SECONDS", 0.1)
    web.on("/hook", hangs)
    here = await desk().open()
    await here.do(ADD, ABORT)
    await here.announcer.finish()
    assert len(web.received) == 1
    here.announcer.close()
    await here.running.die()


async def test_what_was_not_announced_when_an_engine_was_killed_is_announced_by_the_next(
    web: Web, desk: Callable[..., Desk]
) -> None:
    web.on("/hook", says(200), says(503))
    first = await desk().open()
    await first.do(ADD)
    await until(lambda: len(web.received) >= 3)
    await first.running.die()
    web.received.clear()
    web.on("/hook", says(200))
    await first.open()
    await until(lambda: bool(web.received))
    await first.announcer.finish()
    assert [each["event"] for each in told(web)] == ["phase_done"]
    await first.running.die()


async def test_what_is_long_past_is_no_news(web: Web, desk: Callable[..., Desk]) -> None:
    web.on("/hook", says(503))
    here = await desk().open()
    await here.do(ADD)
    await here.running.die()
    web.received.clear()
    web.on("/hook", says(200))
    here.rig.clock = LaterClock()  # type: ignore[assignment] # hours went by
    await here.open()
    await here.do(ABORT)
    await here.announcer.finish()
    assert [each["event"] for each in told(web)] == ["aborted"]
    await here.running.die()


@pytest.mark.usefixtures("web")
async def test_a_command_is_given_the_text_and_the_facts(tmp_path: Path, desk: Callable[..., Desk]) -> None:
    here = await desk(f"[{{command: [sh, -c, 'cat >> {tmp_path}/facts; echo \"$1\" >> {tmp_path}/texts', it]}}]").open()
    await here.do(ADD)
    await here.announcer.finish()
    assert (tmp_path / "texts").read_text().splitlines()[1] == "Announced (development): Work is done"
    assert '"event":"phase_done"' in (tmp_path / "facts").read_text()
    await here.running.die()


@pytest.mark.parametrize(
    ("announce", "why"),
    [
        ("[{command: [no-such-program]}]", "announce 1 (no-such-program) takes no announcements: it cannot be started"),
        ("[{command: ['false']}]", "announce 1 (false) takes no announcements: it ends with status 1"),
        (
            "[{webhook: env:NOT_SET}]",
            "announce 1 (env:NOT_SET) takes no announcements: The environment variable NOT_SET",
        ),
    ],
)
@pytest.mark.usefixtures("web")
async def test_why_a_place_takes_nothing_is_said_once(desk: Callable[..., Desk], announce: str, why: str) -> None:
    here = await desk(announce).open()
    await here.do(ADD)
    await until(lambda: bool(here.notes()))
    await asyncio.sleep(0.2)
    (note,) = here.notes()
    assert note.startswith(why)
    await here.running.die()
