"""Sessions are ended on purpose and with an answer; what is half-made in the target is found and said whose it is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core.errors import DatabaseError, Disconnected, LockNotFree, Unreachable
from console.core.observations import How
from console.core.server_events import Debris
from console.core.state import RunState, Status
from console.databases.fake import FakeTarget
from console.engine import server_side
from console.engine.debris import attributed, parts_of
from tests.core.build import Story, end_session, phase, session, step
from tests.engine.stage import ADD, Stage

BLOCKER = session(4711)
OURS = session(7, ours=True, blocked_by=(4711,))
NOT_FREE = LockNotFree("not in 100 ms", sessions=(BLOCKER, OURS), behind=2)
INDEX = Debris(kind="invalid index", name="public.t_x", table="public.t", remedy="DROP INDEX CONCURRENTLY public.t_x")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Open a run whose next step is the one with the statement."""
    opened = await Stage(tmp_path).open()
    await opened.start("rows")
    yield opened
    await opened.crash()


async def waiting(stage: Stage) -> None:
    """Let the step give way to others, again and again."""
    stage.target.sessions.add((4711, BLOCKER.since))
    stage.target.answers[ADD] = NOT_FREE
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: stage.step("add").lock is not None)


async def test_a_lock_that_is_not_free_is_tried_again_until_it_is(stage: Stage) -> None:
    for _ in range(3):
        stage.target.fail("sent", NOT_FREE, sql=ADD)
    await stage.start("add")
    lock = stage.step("add").lock
    assert stage.step("add").status is Status.DONE
    assert stage.target.sent.count(ADD) == 4
    assert lock is not None
    assert (lock.tries, lock.behind, lock.sessions) == (3, 2, (BLOCKER, OURS))


@pytest.mark.parametrize("how", ["cancel", "stop", "pause"])
async def test_who_waits_for_a_lock_can_be_held_there_at_once(stage: Stage, how: str) -> None:
    await waiting(stage)
    match how:
        case "cancel":
            await stage.do(c.CancelStep(step="add"))
        case "stop":
            await stage.do(c.StopEngine())
        case _:
            await stage.ask(c.Pause())
            tried = stage.target.sent.count(ADD)
            await asyncio.sleep(0.05)
            assert stage.target.sent.count(ADD) <= tried + 1
            stage.target.answers[ADD] = 0
            await stage.do(c.Unpause())
    expected = Status.DONE if how == "pause" else Status.INTERRUPTED
    assert stage.step("add").status is expected


async def test_patience_has_an_end_that_names_who_holds_the_lock(stage: Stage) -> None:
    stage.target.answers[ADD] = NOT_FREE
    await stage.start("add")
    failed = stage.step("add")
    assert failed.status is Status.FAILED
    assert "process 4711 (psql of alice)" in failed.error
    assert "raise lock_patience" in failed.remedy
    assert stage.target.rows == {}


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_session_is_ended_and_the_servers_answer_is_journaled(stage: Stage, how: str) -> None:
    await waiting(stage)
    await stage.ask(end_session("add", how=how))
    await stage.until(lambda: stage.state.session_end is None)
    assert stage.target.sessions == set()
    assert any(each.startswith("process 4711: it") for each in stage.step("add").output)
    assert {"SessionEndAsked", "SessionEnded"} <= set(stage.events())
    stage.target.answers[ADD] = 0
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.DONE


class Slow(FakeTarget):
    """A database that never answers to the end of a session, or refuses it."""

    refuses = ""

    async def end_session(self, pid: int, since: str, *, how: How) -> bool:
        """Refuse, or never come back."""
        if self.refuses:
            raise DatabaseError(self.refuses, remedy="GRANT pg_signal_backend TO runbook")
        await asyncio.Event().wait()
        return True


@pytest.mark.parametrize(
    ("refuses", "words"), [("must be a member", "must be a member"), ("", "no answer within 0 s: nobody knows")]
)
async def test_a_server_that_refuses_or_says_nothing_is_an_answer_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, refuses: str, words: str
) -> None:
    monkeypatch.setattr(server_side, "PATIENCE", 0.01)
    stage.target.__class__ = Slow
    monkeypatch.setattr(Slow, "refuses", refuses)
    await waiting(stage)
    await stage.ask(end_session("add"))
    await stage.until(lambda: stage.state.session_end is None)
    assert any(words in each for each in stage.step("add").output)


async def test_an_engine_that_dies_in_between_leaves_an_answer_to_the_next(stage: Stage) -> None:
    stage.target.__class__ = Slow
    await waiting(stage)
    await stage.ask(end_session("add"))
    await stage.crash()
    stage.target.__class__ = FakeTarget
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    assert stage.state.session_end is None
    assert "nobody knows: the engine was stopped in between" in stage.step("add").output[-1]
    assert stage.target.sessions == {(4711, BLOCKER.since)}


async def test_what_is_half_made_is_looked_for_at_the_start_and_after_a_failure_and_told_when_it_changed(
    stage: Stage,
) -> None:
    assert "DebrisFound" not in stage.events()
    stage.target.half_made = (INDEX,)
    stage.target.fail("sent", DatabaseError("no"), sql=ADD)
    await stage.start("add")
    assert stage.state.debris == (INDEX,)
    stage.target.fail("sent", Disconnected("gone"), sql=ADD)
    await stage.start("add")
    assert stage.events().count("DebrisFound") == 1
    await stage.crash()
    stage.target.half_made = ()
    await stage.open()
    await stage.until(lambda: stage.events().count("DebrisFound") == 2)
    assert not stage.state.debris


async def test_a_server_out_of_reach_changes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(_target: FakeTarget) -> tuple[Debris, ...]:
        raise Unreachable("no route")

    stage.target.half_made = (INDEX,)
    stage.target.fail("sent", DatabaseError("no"), sql=ADD)
    await stage.start("add")
    monkeypatch.setattr(FakeTarget, "debris", unreachable)
    await stage.start("add")
    assert stage.step("add").status is Status.DONE
    assert stage.state.debris == (INDEX,)


BUILD = "CREATE INDEX CONCURRENTLY t_x ON t (x)"
REBUILD = "REINDEX INDEX CONCURRENTLY s.t_y"
CHECK = "ALTER TABLE t ADD CONSTRAINT x_positive CHECK (x > 0) NOT VALID"


def with_step(sql: str, *, begun: bool = True) -> RunState:
    """Return a run whose one step has that statement."""
    told = Story(phase("one", step("s0", kind="sql", data={"sql": sql})))
    if begun:
        told.run("s0")
    return replace(told.state, runbook=replace(told.state.runbook, engine="postgresql"))


@pytest.mark.parametrize(
    ("sql", "item", "whose"),
    [
        (BUILD, INDEX, "s0"),
        (BUILD, Debris(kind="invalid index", name='other."t_x"', table="other.t", remedy=""), "s0"),
        (BUILD, Debris(kind="invalid index", name="public.t_xx", table="public.t", remedy=""), ""),
        (BUILD, Debris(kind="invalid index", name="public.t_x_ccnew1", table="public.t", remedy=""), "s0"),
        (REBUILD, Debris(kind="invalid index", name="s.t_y_ccold", table="s.t", remedy=""), "s0"),
        (REBUILD, Debris(kind="invalid index", name="r.t_y_ccold", table="r.t", remedy=""), ""),
        (CHECK, Debris(kind="constraint not validated", name="x_positive", table="public.t", remedy=""), "s0"),
        (CHECK, Debris(kind="constraint not validated", name="x_positive", table="public.u", remedy=""), ""),
    ],
)
def test_it_is_the_steps_whose_statement_names_it(sql: str, item: Debris, whose: str) -> None:
    (found,) = attributed((item,), with_step(sql), ())
    assert (found.step, found.run) == (whose, "tested-1" if whose else "")


def test_a_step_that_was_never_begun_made_nothing() -> None:
    assert attributed((INDEX,), with_step(BUILD, begun=False), ()) == (INDEX,)


def test_a_quoted_name_is_read_part_by_part() -> None:
    assert parts_of('"a.b"."c""d".e') == ("a.b", 'c"d', "e")
