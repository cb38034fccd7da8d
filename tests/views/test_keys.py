"""A key does something exactly when the decider would let it, and says the decider's reason when not."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core.commands import Refused
from console.core.decide import decide
from console.core.state import RunState
from console.views.keybar import key_row
from console.views.keys import Action, Desk, Key, keys
from console.views.rows import plain
from console.views.selection import point_key
from tests.core.build import amend_to
from tests.tui import story
from tests.tui.scripted import START, ScriptedSession

OP1 = Desk(account="op1")


def moments() -> Iterator[tuple[str, ScriptedSession]]:
    yield "begun", story.begun()
    yield "signed", story.preflight(story.begun())
    yield "filling", story.filling(story.preflight(story.begun()))
    paused = story.preflight(story.begun())
    paused.do(c.Pause(reason="pager"), by="dba1")
    yield "paused", paused
    doubt = story.filling(story.preflight(story.begun()))
    doubt.play(e.StepLost(step="fill", error="gone"))
    yield "in doubt", doubt
    yield "before the point", story.enforced(story.filling(story.preflight(story.begun())))
    yield "contracted", story.contracted(story.enforced(story.filling(story.preflight(story.begun()))))
    ended = story.preflight(story.begun())
    ended.do(c.Abort(reason="enough"))
    yield "ended", ended


MOMENTS = dict(moments())


def found(state: RunState, selected: str, action: Action, *, desk: Desk = OP1) -> Key:
    return next(each for each in keys(state, selected, desk=desk, now=START) if each.action is action)


@pytest.mark.parametrize("name", MOMENTS)
def test_run_and_confirm_are_what_the_decider_says_for_every_step(name: str) -> None:
    session = MOMENTS[name]
    for step in session.run.steps:
        for action, command in (
            (Action.RUN, c.StartStep(step=step)),
            (Action.CONFIRM, c.ConfirmStep(step=step, value="x")),
            (Action.SETTLE, c.ResolveDoubt(step=step, happened=False, evidence="x")),
        ):
            answer = decide(session.run, command, "op1", START)
            key = found(session.run, step, action)
            assert key.reason == (answer.reason if isinstance(answer, Refused) else "")


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("selected", ["", "fill", "go", point_key("contract")])
def test_a_key_that_does_nothing_has_a_reason_and_a_word(name: str, selected: str) -> None:
    for key in keys(MOMENTS[name].run, selected, desk=OP1, now=START):
        assert key.label
        assert key.enabled != bool(key.reason)


@pytest.mark.parametrize(
    ("desk", "reason"),
    [
        (Desk(account="op1", replaying=True), "this is a replay: nothing can be changed"),
        (Desk(account="op1", connected=False), "no engine answers"),
        (Desk(account="op1", watching=True), "this screen only watches"),
    ],
)
def test_a_screen_without_authority_or_engine_says_so(desk: Desk, reason: str) -> None:
    state = MOMENTS["signed"].run
    assert found(state, "add_column", Action.RUN, desk=desk).reason == reason
    assert found(state, "add_column", Action.ABORT, desk=desk).reason == reason


def test_a_watcher_may_note_and_pause() -> None:
    state, desk = MOMENTS["signed"].run, Desk(account="dba1", watching=True)
    assert found(state, "add_column", Action.NOTE, desk=desk).enabled
    assert found(state, "add_column", Action.PAUSE, desk=desk).enabled


@pytest.mark.parametrize(
    ("name", "selected", "label"),
    [
        ("begun", "snapshot", "confirm"),
        ("begun", "go", "sign off"),
        ("signed", "add_column", "run"),
        ("in doubt", "fill", "settle"),
        ("before the point", point_key("contract"), "point of no return"),
        ("contracted", "", "look back"),
    ],
)
def test_enter_is_whatever_fits_the_selection(name: str, selected: str, label: str) -> None:
    key = found(MOMENTS[name].run, selected, Action.GO)
    assert (key.key, key.label) == ("enter", label)


def test_x_cancels_what_is_under_way_whatever_is_selected_and_gives_up_an_entry() -> None:
    assert found(MOMENTS["filling"].run, "snapshot", Action.CANCEL).enabled
    session = entering()
    key = found(session.run, "snapshot", Action.CANCEL)
    assert (key.enabled, key.label) == (True, "give up")


def entering() -> ScriptedSession:
    session = story.preflight(story.begun())
    session.silent_gates = {"users_rows"}
    session.do(c.StartStep(step="add_column"))
    assert session.run.entering is not None
    return session


def test_a_watcher_may_agree_to_a_waiver_and_approve_but_not_put_up() -> None:
    session, desk = story.preflight(story.begun()), Desk(account="dba1", watching=True)
    assert "no waiver" in found(session.run, "add_column", Action.WAIVE, desk=desk).reason
    assert found(session.run, "", Action.AMEND, desk=desk).reason == "this screen only watches"
    session.do(c.Waive(step="add_column", reason="it is there"))
    key = found(session.run, "add_column", Action.WAIVE, desk=desk)
    assert (key.enabled, key.label) == (True, "agree to waive")
    assert "w agree to waive" in plain(key_row(keys(session.run, "add_column", desk=desk, now=START)).shorter[-2])
    session.do(amend_to(replace(session.run.runbook, why="asked for")))
    assert found(session.run, "", Action.AMEND, desk=desk).label == "amendment"


@pytest.mark.parametrize(
    ("desk", "reason"),
    [
        (OP1, ""),
        (Desk(account="dba1"), "op1 drives this run, not dba1"),
        (Desk(account="op1", replaying=True), "this is a replay: nothing can be changed"),
        (Desk(account="op1", connected=False), "no engine answers"),
    ],
)
def test_only_the_driver_puts_an_amendment_up(desk: Desk, reason: str) -> None:
    assert found(MOMENTS["signed"].run, "", Action.AMEND, desk=desk).reason == reason
    assert found(MOMENTS["ended"].run, "", Action.AMEND, desk=desk).reason


def test_the_undo_key_is_about_the_latest_phase_whatever_is_selected() -> None:
    state = MOMENTS["before the point"].run
    assert found(state, "snapshot", Action.UNDO).enabled
    assert found(MOMENTS["contracted"].run, "snapshot", Action.UNDO).reason.startswith(
        "the point of no return was passed"
    )


def test_the_foot_has_shorter_wordings_for_small_terminals() -> None:
    row = key_row(keys(MOMENTS["signed"].run, "add_column", desk=OP1, now=START))
    widths = [len(plain(each)) for each in (row.left, *row.shorter)]
    assert widths == sorted(widths, reverse=True)
    assert plain(row.shorter[-1]).startswith("enter run")


def test_enter_goes_on_with_an_undo_whose_step_failed() -> None:
    session = story.filling(story.preflight(story.begun()))
    session.play(e.StepSucceeded(step="fill"), e.UndoStarted(phase="backfill", steps=("fill", "dual_write")))
    session.play(e.StepStarted(step="fill", attempt=2, action="undo"), e.StepFailed(step="fill", error="locked"))
    for selected in ("fill", "dual_write", "go", point_key("contract")):
        key = found(session.run, selected, Action.GO)
        assert (key.label, key.enabled) == ("go on with the undo", True)
    assert found(session.run, "", Action.GO).label == "look back"
