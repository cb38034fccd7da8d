"""What is said and seen of a step while it is under way is journaled in its turn, and harms nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from console.core import commands as c
from console.core import observations as o
from console.core.errors import DatabaseError
from console.core.identity import Identity
from console.core.observations import Observation
from console.core.ports import Say, Ticket, unheard
from console.core.secrets import Secrets
from console.core.state import Status
from console.databases.fake import FakeDatabase, FakeTarget, Point
from console.engine import onlooker
from tests.core.build import awaited
from tests.engine.stage import ADD, ANSWERS, Stage

BUILDING = o.ServerProgressed(step="add", doing="CREATE INDEX: building index", seconds=1.0, done=1, total=9)


class Talkative(FakeTarget):
    """A database that says something whenever a statement arrives, and can be looked at in many ways."""

    def __init__(self) -> None:
        super().__init__(dict(ANSWERS))
        self.looks = 0
        self.says: Callable[[Say], None] = unheard_by
        self.look: Callable[[], tuple[Observation, ...] | None] = tuple
        self._say: Say = unheard

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> FakeDatabase:
        """Return the handle for one step."""
        if say is not unheard:
            self._say = say
        return super().bind(ticket, expected, say=say)

    async def reach(self, point: Point, sql: str) -> None:
        """Let happen what was scripted, and say something first."""
        if (point, sql) == ("sent", ADD):
            self.says(self._say)
        await super().reach(point, sql)

    async def observe(self, step: str) -> tuple[Observation, ...]:
        """Return what there is to see, or never come back."""
        self.looks += 1
        seen = self.look()
        if seen is None:
            await asyncio.Event().wait()
        return seen or ()


def unheard_by(say: Say) -> None:
    """Say nothing."""


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Open a run whose target is talkative; it is looked at as often as the machine can."""
    monkeypatch.setattr(onlooker, "LOOK_SECONDS", 0.001)
    opened = Stage(tmp_path)
    opened.target = Talkative()
    await opened.open()
    await opened.start("rows")
    yield opened
    await opened.crash()


def talkative(stage: Stage) -> Talkative:
    assert isinstance(stage.target, Talkative)
    return stage.target


async def hanging(stage: Stage) -> None:
    """Start the step and let its statement hang."""
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)


async def test_what_is_said_is_journaled_before_what_comes_after_it(stage: Stage) -> None:
    talkative(stage).says = lambda say: say(o.Noticed(step="add", text="NOTICE: column comes"))
    await stage.start("add")
    assert stage.events()[-4:] == ["StepStarted", "Noticed", "StatementRan", "StepSucceeded"]
    assert stage.step("add").output[0] == "NOTICE: column comes"


async def test_what_is_said_is_seen_while_the_statement_is_still_under_way(stage: Stage) -> None:
    talkative(stage).says = lambda say: say(o.Noticed(step="add", text="halfway"))
    await hanging(stage)
    await stage.until(lambda: stage.step("add").output == ("halfway",))
    await stage.do(c.CancelStep(step="add"))


async def test_a_flood_is_cut_and_says_how_much_was_left_out(stage: Stage) -> None:
    def flood(say: Say) -> None:
        for number in range(1000):
            say(o.Noticed(step="add", text=f"{number} " + "x" * 1000))

    talkative(stage).says = flood
    await stage.start("add")
    assert stage.events().count("Noticed") == onlooker.MOST_NOTICES + 1
    assert stage.step("add").output[-1] == "800 more lines were left out"
    assert max(map(len, stage.step("add").output)) == onlooker.LONGEST_NOTICE


async def test_a_secret_is_masked_before_a_line_is_cut(stage: Stage) -> None:
    stage.engine.logbook.secrets = Secrets.of(["correct-horse-battery-staple"])
    line = "x" * (onlooker.LONGEST_NOTICE - 10) + "correct-horse-battery-staple"
    talkative(stage).says = lambda say: say(o.Noticed(step="add", text=line))
    await stage.start("add")
    assert any(each.startswith("x") for each in stage.state.steps["add"].output)
    assert not any("correct" in each for each in stage.state.steps["add"].output)


async def test_what_a_failed_attempt_said_is_kept_and_nothing_is_heard_after_its_end(stage: Stage) -> None:
    heard: list[Say] = []

    def speak(say: Say) -> None:
        heard.append(say)
        say(o.Noticed(step="add", text="before the end"))

    talkative(stage).says = speak
    stage.target.fail("sent", DatabaseError("no"), sql=ADD)
    await stage.start("add")
    assert (stage.step("add").status, stage.step("add").output) == (Status.FAILED, ("before the end",))
    heard[0](o.Noticed(step="add", text="too late"))
    await stage.start("add")
    assert "too late" not in stage.step("add").output


async def test_what_is_seen_of_the_statement_is_kept_at_one_a_second(stage: Stage) -> None:
    talkative(stage).look = lambda: (BUILDING, awaited("add"))
    await hanging(stage)
    await stage.until(lambda: stage.step("add").lock is not None and talkative(stage).looks > 50)
    assert stage.step("add").server == BUILDING
    assert (stage.events().count("ServerProgressed"), stage.events().count("LockAwaited")) == (1, 1)
    stage.clock.advance(1)
    await stage.until(lambda: stage.events().count("LockAwaited") == 2)
    await stage.do(c.CancelStep(step="add"))


async def test_a_look_that_fails_or_hangs_harms_nothing_and_is_told_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(onlooker, "LOOK_PATIENCE", 0.001)

    def look() -> tuple[Observation, ...] | None:
        if talkative(stage).looks % 2:
            raise DatabaseError("too many connections")
        return None

    talkative(stage).look = look
    await hanging(stage)
    await stage.until(lambda: talkative(stage).looks > 9)
    await stage.do(c.CancelStep(step="add"))
    assert stage.step("add").status is Status.INTERRUPTED
    told = [each.message for each in caplog.records if "step add does cannot be seen" in each.message]
    assert len(told) == 1


async def test_nobody_looks_once_the_step_has_ended(stage: Stage) -> None:
    await hanging(stage)
    await stage.until(lambda: talkative(stage).looks > 2)
    await stage.do(c.CancelStep(step="add"))
    looks = talkative(stage).looks
    for _ in range(50):
        await asyncio.sleep(0)
    assert talkative(stage).looks == looks


async def test_an_undo_is_heard_and_looked_at_as_well(stage: Stage) -> None:
    await stage.start("add")
    talkative(stage).look = lambda: (BUILDING,)
    undo = "ALTER TABLE t DROP COLUMN x"
    stage.target.hang("sent", sql=undo)
    await stage.ask(c.UndoPhase(phase="expand", typed="expand"))
    await stage.until(lambda: stage.step("add").server == BUILDING)
    await stage.ask(c.CancelStep(step="add"))
    await stage.until(lambda: stage.engine.idle)
