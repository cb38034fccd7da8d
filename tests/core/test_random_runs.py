"""Random runs of random runbooks: nothing is executed without leave, every state is legal, no run is stuck."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from msgspec import json

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.commands import Refused
from console.core.evolve import fold
from console.core.runbook import Runbook
from console.core.state import Status
from tests.core.build import STRANGER, awaited
from tests.core.runbooks import runbooks
from tests.core.worked import ACCOUNTS, Worked

RARE = (c.Abort, c.Finish, c.TakeOver, c.Pause)
"""What would end or hold most runs early if it were asked for as often as the rest."""
SECONDS = [-3600, -1, 1, 30, 61, 3599, 3600, 100_000]


class RandomRuns(RuleBasedStateMachine):
    """People ask for anything at any time; the engine does, fails, loses, dies and settles."""

    story: Worked

    @initialize(document=runbooks())
    def begin(self, document: Runbook) -> None:
        self.story = Worked(document)

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: int) -> None:
        self.story.now += timedelta(seconds=seconds)

    @rule()
    def it_goes_on_a_little(self) -> None:
        self.it_goes_on(1)

    @rule(steps=st.integers(2, 8))
    def it_goes_on(self, steps: int) -> None:
        for _ in range(steps):
            if self.story.state.ending is None and not self.story.state.all_complete:
                self.story.go_on()

    @rule(kind=st.integers(0, 20), which=st.integers(0, 30))
    def somebody_asks_for_what_is_allowed(self, kind: int, which: int) -> None:
        before = json.encode(self.story.state)
        allowed = [each for each in self.story.allowed() if not isinstance(each[0], RARE)]
        assert json.encode(self.story.state) == before, "deciding changed the state"
        kinds = sorted({type(command).__name__ for command, _ in allowed})
        if kinds:
            chosen = [each for each in allowed if type(each[0]).__name__ == kinds[kind % len(kinds)]]
            command, by = chosen[which % len(chosen)]
            self.story.do(command, by=by)

    @rule(which=st.integers(0, 3000))
    def somebody_asks_for_anything(self, which: int) -> None:
        commands = self.story.commands()
        command, by = commands[which % len(commands)]
        before = self.story.state
        decision = self.story.ask(command, by)
        assert not isinstance(decision, Refused) or (decision.reason and self.story.state is before)

    @precondition(lambda self: self.story.state.ending is None)
    @rule(which=st.integers(0, 300), written=st.integers(0, 2))
    def the_engine_dies_while_it_writes_what_was_decided(self, which: int, written: int) -> None:
        several = (*get_args(c.Entering), c.UndoPhase, c.AmendTo, c.ApproveAmendment)
        allowed = [each for each in self.story.allowed() if isinstance(each[0], several)]
        if allowed:
            command, by = allowed[which % len(allowed)]
            self.story.cut_short(command, by, written)

    @precondition(lambda self: self.story.state.ending is None)
    @rule(how=st.sampled_from(["dies", "stops", "lives", "lives", "lives"]))
    def the_engine_ends(self, how: str) -> None:
        if how == "stops" and not self.story.busy():
            self.story.tell(e.EngineStopped(reason="asked"))
        if how != "lives":
            self.story.crash()

    @precondition(lambda self: self.story.busy())
    @rule(how=st.sampled_from(["succeed", "succeed", "fail", "cancel", "hold", "lose", "ask"]))
    def what_is_under_way_ends(self, how: str) -> None:
        step = self.story.busy()
        assert step is not None
        running = self.story.at(step.id)
        if how == "succeed" or (how == "ask" and (running.action == "undo" or not step.asks_again)):
            self.story.succeed()
            return
        outcomes: dict[str, e.AnyEvent] = {
            "fail": e.StepFailed(step=step.id, error="no such table", remedy="create it"),
            "cancel": e.StepCancelled(step=step.id),
            "hold": e.StepInterrupted(step=step.id, reason="held"),
            "lose": e.StepLost(step=step.id, error="connection lost"),
            "ask": o.StepPutToPerson(step=step.id, question="right?"),
        }
        self.story.tell(outcomes[how])

    @precondition(lambda self: self.story.busy())
    @rule(done=st.integers(0, 9))
    def what_is_under_way_reports(self, done: int) -> None:
        step = self.story.busy()
        assert step is not None
        self.story.tell(awaited(step.id, tries=done) if done > 5 else o.Progressed(step=step.id, done=done))
        self.story.tell(o.WaitBegan(step=step.id, until=self.story.now))
        self.story.tell(o.Noticed(step=step.id, text="hello"))

    @precondition(lambda self: self.story.state.session_end)
    @rule(how=st.sampled_from(["done", "not done"]))
    def the_server_says_what_became_of_a_session(self, how: str) -> None:
        self.story.end_session(done=how == "done")

    @precondition(lambda self: self.story.state.in_doubt())
    @rule(happened=st.sampled_from(["yes", "no", "partly", "unknown"]))
    def the_engine_settles(self, happened: e.Happened) -> None:
        name = self.story.state.in_doubt()[0]
        reads = self.story.state.step(name).asks_again and self.story.at(name).action == "run"
        settled: e.Happened = "no" if reads and happened == "yes" else happened
        self.story.tell(e.StepSettled(step=name, happened=settled, evidence="the ledger"))

    @precondition(lambda self: self.story.state.entering)
    @rule(answer=st.sampled_from(["green", "green", "red"]), seconds=st.sampled_from([0, 0, 59, 61, -61]))
    def the_checks_of_an_entry_answer(self, answer: str, seconds: int) -> None:
        story, entering = self.story, self.story.state.entering
        assert entering is not None
        for gate in entering.gates:
            story.tell(e.GateAsked(phase=entering.phase, step=gate, passed=answer == "green", actual="7"))
        story.now += timedelta(seconds=seconds)
        story.decide_entry(entering)

    @precondition(lambda self: self.story.state.ending is None)
    @rule(which=st.integers(0, 30), meanwhile=st.sampled_from(["", "", "start"]))
    def a_step_is_waived(self, which: int, meanwhile: str) -> None:
        story = self.story
        ready = [name for name in story.state.steps if not isinstance(story.ask_for_waiver(name, asked=False), Refused)]
        if ready:
            name = ready[which % len(ready)]
            story.ask_for_waiver(name, asked=True)
            if meanwhile:
                story.ask(c.StartStep(step=name), story.state.driver)
            for by in ACCOUNTS:
                story.ask(c.Waive(step=name), by)

    @precondition(lambda self: self.story.state.ending is None)
    @rule(which=st.integers(0, 30), meanwhile=st.sampled_from(["", "", "", "go on", "die"]))
    def the_runbook_is_amended(self, which: int, meanwhile: str) -> None:
        story = self.story
        wanted = [each for each in story.amendments() if not isinstance(story.try_out(each), Refused)]
        if not wanted:
            return
        amendment = wanted[which % len(wanted)]
        story.do(amendment, by=story.state.driver)
        if meanwhile == "go on":
            story.go_on()
        elif meanwhile == "die":
            story.crash()
        for role in ("reviewer", "dba", "tech-lead"):
            for by in ACCOUNTS:
                story.ask(c.ApproveAmendment(source_digest=amendment.source_digest, role=role), by)

    @precondition(lambda self: self.story.state.approach)
    @rule(answer=st.sampled_from(["green", "green", "red"]))
    def the_gates_answer(self, answer: str) -> None:
        self.story.answer_gates(passed=answer == "green")

    @precondition(lambda self: self._points())
    @rule(
        answer=st.sampled_from(["", "green", "red"]),
        seconds=st.sampled_from([0, 59, 61, -61]),
        meanwhile=st.sampled_from(["", "", "crash", "take-over", "pause", "leave"]),
        typed=st.sampled_from(["fact", "fact", ""]),
    )
    def somebody_tries_to_pass(self, answer: str, seconds: int, meanwhile: str, typed: str) -> None:
        story, phase = self.story, self._points()[0]
        while isinstance(story.ask(c.ApproachPointOfNoReturn(phase=phase), story.state.driver), Refused):
            story.go_on()
            if phase in story.state.passed:
                return
        approach = story.state.approach
        if approach and answer:
            story.answer_gates(passed=answer == "green")
        story.now += timedelta(seconds=seconds)
        if meanwhile == "crash":
            story.crash()
        elif meanwhile == "take-over":
            story.ask(c.TakeOver(), STRANGER)
        elif meanwhile == "pause":
            story.ask(c.Pause(), STRANGER)
        elif meanwhile == "leave":
            story.ask(c.LeavePointOfNoReturn(phase=phase), story.state.driver)
        fact = approach.fact if approach and typed else ""
        story.ask(c.PassPointOfNoReturn(phase=phase, typed=fact), story.state.driver)

    def _points(self) -> list[str]:
        state = self.story.state
        open_ = [each.id for each in state.runbook.phases if each.point_of_no_return and each.id not in state.passed]
        return [] if state.ending else open_

    @precondition(lambda self: self._undoing())
    @rule(which=st.integers(0, 11))
    def the_undo_goes_on(self, which: int) -> None:
        names = list(self.story.state.steps)
        decision = self.story.ask(c.UndoStep(step=names[which % len(names)]), e.ENGINE)
        if isinstance(decision, Refused):
            self.story.work_off_undo()

    def _undoing(self) -> bool:
        state = self.story.state
        return bool(state.undo and not (state.paused or state.in_doubt() or state.under_way() or state.ending))

    @precondition(lambda self: self.story.state.ending and not self.story.state.sealed)
    @rule()
    def the_journal_is_sealed(self) -> None:
        self.story.tell(e.Sealed(records=len(self.story.records) + 1))

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        assert fold(self.story.records) == self.story.state
        story, patience = self.story, 80
        while story.state.ending is None and patience:
            story.go_on()
            patience -= 1
        assert story.state.ending, (
            f"no way to the end: {[(name, now.status) for name, now in story.state.steps.items()]}"
        )
        assert not any(now.status is Status.RUNNING for now in story.state.steps.values())
        assert fold(story.records) == story.state


def play(*, runs: int, by_chance: bool = False) -> None:
    run_state_machine_as_test(
        RandomRuns,
        settings=settings(
            max_examples=runs,
            stateful_step_count=60,
            deadline=None,
            derandomize=not by_chance,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_no_random_run_breaks_a_rule_or_is_stuck() -> None:
    play(runs=40)


@pytest.mark.soak
def test_no_random_run_breaks_a_rule_or_is_stuck_in_the_long_run() -> None:
    play(runs=2000, by_chance=True)
