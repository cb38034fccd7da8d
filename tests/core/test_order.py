"""What has to come first: the steps of a phase in their order, what a step requires, the phases one after another."""

from console.core import commands as c
from console.core import events as e
from console.core.gates import step_gates
from console.core.runbook import Soak
from tests.core.build import Story, phase, step


def start(name: str) -> c.StartStep:
    return c.StartStep(step=name)


def test_steps_go_in_their_order() -> None:
    story = Story(phase("one", step("a"), step("b"), step("c")))
    assert "waits for 'A' — do that first" in story.refusal(start("c"))
    story.run("a")
    assert "waits for 'B'" in story.refusal(start("c"))
    story.run("b", "c")


def test_any_order_loosens_it_but_not_what_a_step_requires() -> None:
    story = Story(phase("one", step("a"), step("b"), step("c", requires=("b",)), any_order=True))
    assert "waits for 'B'" in story.refusal(start("c"))
    story.run("b", "c", "a")


def test_what_failed_does_not_count_and_what_does_not_apply_does() -> None:
    story = Story(phase("one", step("a", "person"), step("b")))
    story.do(c.RejectStep(step="a", reason="no"))
    assert "waits for 'A'" in story.refusal(start("b"))
    story.do(c.MarkNotApplicable(step="a", reason="none here"))
    story.run("b")


def test_a_phase_waits_for_every_earlier_one() -> None:
    story = Story(phase("one", step("a"), step("b")), phase("two", step("c")), phase("three", step("d")))
    story.run("a")
    assert "phase ONE is not complete (1 of 2 steps to go) — complete ONE first" in story.refusal(start("d"))
    story.run("b")
    assert "phase TWO is not complete" in story.refusal(start("d"))
    story.run("c", "d")


def test_a_soak_counts_from_the_moment_its_phase_was_complete() -> None:
    soak = (Soak(soak="1h", since="one"),)
    story = Story(phase("one", step("a"), step("b")), phase("two", step("c"), requires=soak))
    story.run("a")
    story.later(3600)
    story.run("b")
    assert "soaks for 1h after one, 1:00:00 left — wait" in story.refusal(start("c"))
    story.later(3600)
    story.run("c")


def test_one_step_is_under_way_at_a_time() -> None:
    story = Story(phase("one", step("a"), step("b"), any_order=True))
    story.do(start("a"))
    assert "'A' is under way — let it end or cancel it" in story.refusal(start("b"))
    assert "it is under way — wait or cancel it" in story.refusal(start("a"))


def test_a_phase_is_entered_once() -> None:
    story = Story(phase("one", step("a"), step("b")))
    story.do(start("a"))
    story.tell(e.StepFailed(step="a", error="no"))
    story.run("a", "b")
    assert sum(isinstance(record.event, e.PhaseEntered) for record in story.records) == 1


def test_the_reasons_come_nearest_first() -> None:
    story = Story(phase("one", step("a")), phase("two", step("b"), step("c")))
    story.do(start("a"), c.Pause(reason="load"))
    reasons = [gate.reason for gate in step_gates(story.state, "c", story.now)]
    assert [reason.split(" (")[0] for reason in reasons] == [
        "paused by ann: load",
        "phase ONE is not complete",
        "waits for 'B'",
        "'A' is under way",
    ]
