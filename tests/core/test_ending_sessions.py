"""Ending a session that holds a step up: whom, by whom, when, and what is refused with which way out."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.locks import in_the_way
from tests.core.build import DRIVER, Story, awaited, end_session, phase, session, step


@pytest.fixture
def waiting() -> Story:
    """A step that waits for a lock which 4711 holds; 8 waits behind it."""
    told = Story(phase("one", step("add", undo="drop")))
    told.do(c.StartStep(step="add"))
    told.tell(awaited("add"))
    return told


def test_who_asks_for_it_says_whom_it_meets_and_the_server_answers(waiting: Story) -> None:
    waiting.do(end_session("add", how="terminate", reason="left over from monday"))
    asked = waiting.state.session_end
    assert asked is not None
    assert (asked.pid, asked.whose, asked.how, asked.reason) == (
        4711,
        "alice (psql)",
        "terminate",
        "left over from monday",
    )
    assert waiting.refusal(end_session("add")) == "process 4711 is being ended — wait for the server's answer"
    waiting.tell(s.SessionEnded(step="add", pid=4711, how="terminate", done=True, words="it was ended"))
    assert waiting.state.session_end is None
    assert waiting.at("add").output == ("process 4711: it was ended",)
    waiting.do(end_session("add"))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (end_session("add", 7), "process 7 is this run's own — cancel the step instead"),
        (end_session("add", 8), "process 8 is not in its way — end one that the step waits for"),
        (end_session("add", typed="4712"), "the process was not typed as it is — type 4711"),
        (end_session("add", typed=""), "the process was not typed as it is — type 4711"),
    ],
)
def test_only_what_is_in_the_way_is_ended_and_typed(waiting: Story, command: c.EndSession, answer: str) -> None:
    assert waiting.refusal(command) == answer


@pytest.mark.parametrize("stranger", [end_session("add", 9), end_session("add", since="another day")])
def test_a_process_that_was_not_seen_is_not_ended_nor_one_that_bears_its_number(
    waiting: Story, stranger: c.EndSession
) -> None:
    assert waiting.refusal(stranger).startswith(f"no process {stranger.pid} that connected at {stranger.since}")


def test_a_prepared_transaction_is_no_session(waiting: Story) -> None:
    ours = session(7, ours=True, blocked_by=(0,))
    waiting.tell(awaited("add", sessions=(session(0, query="tx 1"), ours)))
    assert "ROLLBACK PREPARED" in waiting.refusal(end_session("add", 0))


@pytest.mark.parametrize(
    "went_on",
    [
        o.Progressed(step="add", done=1),
        o.StatementRan(step="add", index=1, of=2, rows=0, seconds=0.1),
        e.StepSucceeded(step="add"),
        e.StepLost(step="add", error="gone"),
        e.StepCancelRequested(step="add"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_once_it_waits_no_more_nobody_is_ended(waiting: Story, went_on: e.AnyEvent) -> None:
    waiting.tell(went_on, by=DRIVER)
    assert waiting.refusal(end_session("add")).startswith("it waits for no lock")


def test_a_run_does_not_end_before_the_server_has_answered(waiting: Story) -> None:
    waiting.do(end_session("add"))
    waiting.tell(e.StepFailed(step="add", error="no"))
    assert waiting.refusal(c.Abort(reason="enough")) == "process 4711 is being cancelled — wait for the server's answer"
    waiting.tell(s.SessionEnded(step="add", pid=4711, how="cancel", done=False, words="it was gone"))
    waiting.do(c.Abort(reason="enough"))


def test_what_stands_behind_what_is_in_the_way_is_in_the_way_too() -> None:
    chain = (
        session(1),
        session(2, blocked_by=(1, 3)),
        session(3, blocked_by=(2,)),
        session(4, ours=True, blocked_by=(2,)),
        session(5, blocked_by=(4,)),
    )
    assert [each.pid for each in in_the_way(chain)] == [1, 2, 3]
