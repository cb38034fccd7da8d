"""A run under way goes over to a changed runbook by approvals, and nothing that was done changes with it."""

from collections.abc import Callable
from typing import Any

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.changed import AmendmentApproved
from console.core.evolve import fold
from console.core.runbook import Confirm, Phase, Runbook, Soak, Step
from console.core.state import Status
from tests.core.build import DRIVER, SECOND, STRANGER, Story, amend_to, phase, point, shown, step, with_fields
from tests.core.legal import wrong

APPROVE = c.ApproveAmendment(source_digest="new", role="reviewer")


def reading(name: str) -> Step:
    return step(name, asks_again=True)


def phases() -> tuple[Phase, ...]:
    sign = step("sign", "signatures", signatures=("reviewer",))
    drop = step("drop", data={"sql": "DROP"})
    return (
        phase("prepare", step("base"), sign),
        phase("expand", step("add", undo="back"), step("fill", undo="back"), reading("check"), gates=()),
        phase(
            "switch", step("later", requires=("fill",)), reading("count"), requires=(Soak(soak="1h", since="expand"),)
        ),
        phase("contract", drop, gates=("count",), point_of_no_return=point(confirm=Confirm(baseline="check"))),
    )


def story(**fields: Any) -> Story:
    return Story(*phases(), **{"risk": "low", **fields})


def begun() -> Story:
    """Tell of a run whose first phase is done and whose second has begun."""
    told = story()
    told.run("base")
    told.do(c.SignOff(step="sign", role="reviewer"))
    told.run("add")
    return told


def changed(told: Story, place: str, *steps: Step, **fields: Any) -> c.AmendTo:
    """Return an amendment in which one phase has other steps, if any are given, or other fields."""
    more = {**fields, **({"steps": steps} if steps else {})}
    document = told.state.runbook
    others = (with_fields(each, **more) if each.id == place else each for each in document.phases)
    return amend_to(with_fields(document, phases=tuple(others)))


def of_phases(told: Story, *names: str, more: tuple[Phase, ...] = ()) -> c.AmendTo:
    """Return an amendment that has only those phases, in that order, and then some."""
    known = {each.id: each for each in (*told.state.runbook.phases, *more)}
    return amend_to(with_fields(told.state.runbook, phases=tuple(known[name] for name in names)))


def steps_of(told: Story, place: str) -> list[Step]:
    return list(told.state.runbook.phase(place).steps)


def amended(told: Story, amendment: c.AmendTo) -> Story:
    told.do(amendment)
    told.do(APPROVE, by=SECOND)
    assert told.state.runbook == amendment.runbook
    assert not wrong(told.state)
    assert fold(told.records) == told.state
    return told


def test_an_approved_amendment_is_the_runbook_from_then_on() -> None:
    told = begun()
    added = step("extra", undo="back")
    amendment = changed(told, "switch", *steps_of(told, "switch"), added)
    told.do(amendment)
    assert "extra" not in told.state.steps
    told.do(APPROVE, by=SECOND)
    assert told.state.step("extra") == added
    assert told.state.plan_digest == "plan new"
    assert told.state.amendment is None
    assert [(each.by, each.approvals[0].account) for each in told.state.amendments] == [(DRIVER, SECOND)]
    assert (told.status("add"), told.status("extra")) == (Status.DONE, Status.PENDING)
    assert told.state.started.runbook != told.state.runbook


def test_only_the_driver_proposes_and_a_reason_is_needed() -> None:
    told = begun()
    amendment = changed(told, "switch", title="Another")
    assert "ann drives this run, not bob" in told.refusal(amendment, by=SECOND)
    assert "needs a reason" in told.refusal(with_fields(amendment, reason=" …"))
    assert "only a person" in told.refusal(amendment, by=e.ENGINE)


def test_an_amendment_that_changes_nothing_is_refused() -> None:
    told = begun()
    assert "there is nothing to amend" in told.refusal(amend_to(told.state.runbook))


def test_its_author_and_strangers_do_not_approve() -> None:
    told = begun()
    told.do(changed(told, "switch", title="Another"))
    assert "ann put it up" in told.refusal(APPROVE)
    assert "eve is no reviewer" in told.refusal(APPROVE, by=STRANGER)
    told.do(c.TakeOver(), by=SECOND)
    assert "ann put it up" in told.refusal(APPROVE)


PEOPLE = {
    "ann": ("tech-lead", "dba", "architect", "reviewer"),
    "bob": ("tech-lead", "dba", "reviewer"),
    "cat": ("dba", "reviewer"),
    "dan": ("architect",),
}


@pytest.mark.parametrize(
    ("risk", "approvals"),
    [
        ("low", (("bob", "reviewer"),)),
        ("medium", (("bob", "reviewer"), ("cat", "reviewer"))),
        ("high", (("cat", "dba"), ("bob", "tech-lead"))),
        ("critical", (("dan", "architect"), ("bob", "tech-lead"), ("cat", "dba"))),
    ],
)
def test_the_risk_says_who_approves_and_the_last_one_changes_the_runbook(
    risk: str, approvals: tuple[tuple[str, str], ...]
) -> None:
    told = story(risk=risk, people=PEOPLE)
    amendment = changed(told, "switch", title="Another")
    told.do(amendment)
    for account, role in approvals:
        assert told.state.runbook != amendment.runbook
        told.do(c.ApproveAmendment(source_digest="new", role=role), by=account)
    assert told.state.runbook == amendment.runbook


def test_nobody_approves_twice_in_a_role_that_is_not_missing_or_so_that_a_role_is_left_to_nobody() -> None:
    told = story(risk="high", people=PEOPLE)
    told.do(changed(told, "switch", title="Another"))
    as_dba, as_lead = (c.ApproveAmendment(source_digest="new", role=role) for role in ("dba", "tech-lead"))
    assert "nobody is left to sign as tech-lead" in told.refusal(as_dba, by="bob")
    assert "no approval of a reviewer is missing" in told.refusal(APPROVE, by="cat")
    told.do(as_lead, by="bob")
    assert "bob has approved it already" in told.refusal(as_dba, by="bob")
    assert "no approval of a tech-lead is missing" in told.refusal(as_lead, by="cat")


def test_an_amendment_that_nobody_can_approve_is_refused_at_once() -> None:
    told = story(risk="medium")
    assert "nobody can approve it" in told.refusal(changed(told, "switch", title="Another"))


def test_another_amendment_takes_the_place_of_the_one_that_waits_and_its_approvals_go_with_it() -> None:
    told = story(risk="medium", people=PEOPLE)
    told.do(changed(told, "switch", title="Another"))
    told.do(APPROVE, by="bob")
    second = with_fields(changed(told, "switch", title="Third"), source_digest="newer")
    told.do(second)
    assert told.state.amendment
    assert told.state.amendment.approvals == ()
    assert "another amendment waits now" in told.refusal(APPROVE, by="cat")
    assert told.state.runbook.phase("switch").title == "SWITCH"


def test_a_withdrawn_amendment_is_gone_and_only_the_driver_withdraws() -> None:
    told = begun()
    told.do(changed(told, "switch", title="Another"))
    assert "ann drives" in told.refusal(c.WithdrawAmendment(), by=SECOND)
    told.do(c.WithdrawAmendment(reason="no"))
    assert "no amendment waits" in told.refusal(APPROVE, by=SECOND)
    assert "no amendment waits" in told.refusal(c.WithdrawAmendment())


def test_what_the_last_approval_finds_done_meanwhile_bars_it() -> None:
    told = begun()
    steps = steps_of(told, "expand")
    told.do(changed(told, "expand", steps[0], with_fields(steps[1], title="Another"), steps[2]))
    told.run("fill")
    assert "'FILL' is done: it cannot be changed or dropped" in told.refusal(APPROVE, by=SECOND)
    assert told.state.amendment


def start(told: Story) -> None:
    told.do(c.StartStep(step="fill"))


def crash(told: Story) -> None:
    start(told)
    told.crash()


def hold(told: Story) -> None:
    start(told)
    told.tell(e.StepInterrupted(step="fill", reason="held"))


def fail_halfway(told: Story) -> None:
    start(told)
    told.tell(o.Progressed(step="fill", done=7))
    told.tell(e.StepFailed(step="fill", error="no"))


def judge(told: Story) -> None:
    start(told)
    told.tell(o.StepPutToPerson(step="fill", question="right?"))


def waive(told: Story) -> None:
    told.do(c.Waive(step="fill", reason="by hand"))
    told.do(c.Waive(step="fill"), by=SECOND)


@pytest.mark.parametrize("happen", [start, crash, hold, fail_halfway, judge, waive])
@pytest.mark.parametrize("how", ["changed", "prose", "renamed", "dropped", "moved", "preceded"])
def test_what_has_begun_stays_as_it_is(happen: Callable[[Story], None], how: str) -> None:
    told = begun()
    happen(told)
    add, fill, check = steps_of(told, "expand")
    others = {
        "changed": (add, with_fields(fill, undo="another way"), check),
        "prose": (add, with_fields(fill, note="mind the gap"), check),
        "renamed": (add, with_fields(fill, id="refill"), check),
        "dropped": (add, check),
        "moved": (add, check, fill),
        "preceded": (add, step("new"), fill, check),
    }
    before = told.state
    assert told.refusal(changed(told, "expand", *others[how]))
    assert told.state is before


def test_what_failed_and_left_nothing_can_be_changed_or_dropped_and_begins_anew() -> None:
    told = begun()
    start(told)
    told.tell(e.StepFailed(step="fill", error="no"))
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, with_fields(fill, undo="another way"), check))
    assert (told.status("fill"), told.at("fill").error, told.at("fill").attempt) == (Status.PENDING, "", 1)
    told.do(c.SignOff(step="sign", role="reviewer"))
    start(told)
    assert told.at("fill").attempt == 2
    told.tell(e.StepFailed(step="fill", error="no"))
    later, count = steps_of(told, "switch")
    dropped = changed(told, "expand", add, check).runbook
    loose = with_fields(dropped, phases=(*dropped.phases[:2], phase("switch", with_fields(later, requires=()), count)))
    amended(told, amend_to(with_fields(loose, phases=(*loose.phases, told.state.runbook.phases[3]))))
    assert "fill" not in told.state.steps


def test_an_undo_under_way_bars_it() -> None:
    told = begun()
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    assert "phase expand is being undone" in told.refusal(changed(told, "switch", title="Another"))


def test_a_phase_about_to_be_entered_bars_it_and_its_approval() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("work")), risk="low")
    told.run("count")
    told.do(changed(told, "two", title="Another"))
    assert shown(told.ask(c.StartStep(step="work"))) == "+ PhaseApproached"
    assert "two is about to be entered" in told.refusal(APPROVE, by=SECOND)
    assert "two is about to be entered" in told.refusal(changed(told, "two", title="Third"))


def test_a_dialog_of_a_point_of_no_return_is_closed_by_it() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("drop"), point_of_no_return=point()), risk="low")
    told.run("count")
    told.do(changed(told, "two", title="Another"), c.ApproachPointOfNoReturn(phase="two"))
    told.do(APPROVE, by=SECOND)
    assert told.state.approach is None
    assert "was not approached" in told.refusal(c.PassPointOfNoReturn(phase="two", typed="app.db"))


@pytest.mark.parametrize("field", ["gates", "any_order", "requires", "prerequisites", "criteria", "point_of_no_return"])
def test_of_a_phase_that_has_begun_only_its_words_and_later_steps_change(field: str) -> None:
    told = begun()
    values: dict[str, Any] = {
        "gates": ("base",),
        "any_order": True,
        "requires": (Soak(soak="1h", since="prepare"),),
        "prerequisites": ("coffee",),
        "criteria": {"ready": ("add",)},
        "point_of_no_return": point(),
    }
    assert f"its {field} cannot change" in told.refusal(changed(told, "expand", **{field: values[field]}))
    amended(told, changed(told, "expand", goal="another", rollback="another"))


@pytest.mark.parametrize("field", ["databases", "people", "risk", "engine", "window", "environments", "runbook"])
def test_who_may_do_what_and_where_cannot_be_amended(field: str) -> None:
    told = begun()
    values: dict[str, Any] = {
        "databases": {"main": "env:OTHER"},
        "people": {"ann": ("dba",), "bob": ("reviewer",), "eve": ("reviewer",)},
        "risk": "medium",
        "engine": "postgresql",
        "window": "9h",
        "environments": {},
        "runbook": "another",
    }
    other = with_fields(told.state.runbook, **{field: values[field]})
    found = told.ask(amend_to(other))
    assert shown(found) in (f"{field}: cannot be amended", "it says what the run's runbook says already")


def test_words_about_the_whole_runbook_can() -> None:
    told = begun()
    amended(told, amend_to(with_fields(told.state.runbook, title="Another", ticket="OPS-7")))
    assert told.status("sign") is Status.DONE


def test_begun_phases_stay_where_they_were() -> None:
    told = begun()
    new = phase("new", step("fresh"))
    for names in (
        ("expand", "prepare", "switch", "contract"),
        ("prepare", "new", "expand", "switch", "contract"),
        ("new", "prepare", "expand", "switch", "contract"),
        ("expand", "switch", "contract"),
    ):
        assert "has begun or comes before one that has" in told.refusal(of_phases(told, *names, more=(new,)))
    amended(told, of_phases(told, "prepare", "expand", "new", "switch", "contract", more=(new,)))


def test_a_phase_that_a_later_one_stands_on_takes_no_other_steps() -> None:
    told = begun()
    base, sign = steps_of(told, "prepare")
    assert "a later phase has begun on top" in told.refusal(changed(told, "prepare", base, sign, step("new")))


def test_no_step_and_no_name_can_be_dropped_that_something_still_names() -> None:
    told = begun()
    add, fill, check = steps_of(told, "expand")
    assert "it names fill, which it has not" in told.refusal(changed(told, "expand", add, check))
    assert "it names check, which it has not" in told.refusal(changed(told, "expand", add, fill))
    later, _ = steps_of(told, "switch")
    assert "it names count, which it has not" in told.refusal(changed(told, "switch", later))
    assert "it names nowhere" in told.refusal(changed(told, "switch", requires=(Soak(soak="1h", since="nowhere"),)))


def pointed() -> Story:
    """Tell of a point of no return that rests on every check of the phase before it."""
    return Story(
        phase("one", reading("early"), step("plain")),
        phase("two", reading("count"), step("work")),
        phase("contract", step("drop", data={"sql": "DROP"}), reading("gone"), point_of_no_return=point()),
        risk="low",
    )


@pytest.mark.parametrize(
    ("amend", "why"),
    [
        (lambda told: changed(told, "contract", point_of_no_return=None), "cannot be amended"),
        (lambda told: changed(told, "contract", point_of_no_return=point(gates=())), "cannot be amended"),
        (lambda told: changed(told, "contract", gates=()), "would not rest on count any more"),
        (lambda told: changed(told, "two", step("work")), "would not rest on count any more"),
        (lambda told: of_phases(told, "one", "contract"), "would not rest on count any more"),
        (
            lambda told: of_phases(told, "one", "two", "new", "contract", more=(phase("new", step("fresh")),)),
            "would not rest on count any more",
        ),
        (lambda told: moved(told, "count", "one", "two"), "would not rest on count any more"),
        (lambda told: moved(told, "drop", "two", "contract"), "'DROP' stands behind a point of no return"),
        (lambda told: moved(told, "gone", "two", "contract"), "'GONE' stands behind a point of no return"),
        (lambda told: moved(told, "drop", "two", "contract", name="drip"), "stands behind a point of no return"),
        (
            lambda told: of_phases(told, "one", "two", "new", more=(phase("new", *steps_of(told, "contract")),)),
            "stands behind a point of no return",
        ),
    ],
)
def test_a_point_of_no_return_cannot_be_amended_away(amend: Callable[[Story], c.AmendTo], why: str) -> None:
    told = pointed()
    assert why in told.refusal(amend(told))


def moved(told: Story, what: str, to: str, since: str, *, name: str = "") -> c.AmendTo:
    """Return an amendment in which a step stands in another phase, perhaps under another name."""
    one = told.state.step(what)
    moved_step = with_fields(one, id=name or one.id)
    here = {since: tuple(each for each in steps_of(told, since) if each != one), to: (*steps_of(told, to), moved_step)}
    others = (with_fields(each, steps=here.get(each.id, each.steps)) for each in told.state.runbook.phases)
    return amend_to(with_fields(told.state.runbook, phases=tuple(others)))


def test_what_stands_behind_a_point_of_no_return_can_be_put_off_with_it() -> None:
    told = pointed()
    amended(told, of_phases(told, "one", "two"))
    assert "drop" not in told.state.steps


def test_more_can_be_asked_before_a_point_of_no_return_than_was() -> None:
    told = pointed()
    amended(told, changed(told, "contract", gates=("count", "early")))


def signed(**fields: Any) -> Story:
    """Tell of checkpoints in three phases, all of which are signed but the last."""
    sign = (step(name, "signatures", signatures=("reviewer",)) for name in ("before", "middle", "behind"))
    told = Story(
        phase("one", step("first"), next(sign)),
        phase("two", step("second"), next(sign), step("third")),
        phase("three", step("fourth"), step("fifth"), next(sign), gates=(), **fields),
        risk="low",
    )
    told.run("first")
    told.do(c.SignOff(step="before", role="reviewer"))
    told.run("second")
    told.do(c.SignOff(step="middle", role="reviewer"))
    told.run("third")
    return told


def lapsed(told: Story) -> set[str]:
    return {name for name in ("before", "middle") if not told.at(name).signatures}


def test_the_signature_before_a_change_lapses_and_no_other() -> None:
    told = signed()
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    assert lapsed(told) == {"middle"}
    assert (told.status("middle"), told.status("third")) == (Status.PENDING, Status.DONE)
    assert "phase TWO is not complete" in told.refusal(c.StartStep(step="fourth"))
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    assert shown(told.ask(c.StartStep(step="fourth"))) == "+ PhaseEntered StepStarted"


def test_the_signatures_of_the_phase_that_changes_lapse() -> None:
    told = signed()
    amended(told, changed(told, "two", *steps_of(told, "two"), step("more")))
    assert lapsed(told) == {"before", "middle"}


def test_a_dropped_step_lets_the_signature_before_it_lapse_too() -> None:
    told = signed()
    _, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fifth, behind))
    assert lapsed(told) == {"middle"}


def test_a_step_that_moves_out_of_a_phase_lets_its_signatures_lapse() -> None:
    told = Story(
        phase(
            "one",
            step("first"),
            step("before", "signatures", signatures=("reviewer",)),
            step("second"),
            step("middle", "signatures", signatures=("reviewer",)),
            step("third"),
        ),
        phase("two", step("fourth")),
        risk="low",
    )
    told.run("first")
    told.do(c.SignOff(step="before", role="reviewer"))
    told.run("second")
    told.do(c.SignOff(step="middle", role="reviewer"))
    amended(told, moved(told, "third", "two", "one"))
    assert lapsed(told) == {"before", "middle"}


def test_a_second_amendment_may_come_before_everything_is_signed_again() -> None:
    told = signed()
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look twice"), behind))


def test_a_soak_goes_on_from_when_its_phase_was_complete_once_that_is_signed_again() -> None:
    told = signed(requires=(Soak(soak="1h", since="two"),))
    complete = told.state.completed_at["two"]
    told.later(3000)
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    assert "two" not in told.state.completed_at
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    assert told.state.completed_at["two"] == complete
    told.later(599)
    assert "soaks for 1h after two, 1.0 s left" in told.refusal(c.StartStep(step="fourth"))
    told.later(1)
    told.do(c.StartStep(step="fourth"))


def test_a_soak_begins_after_what_an_amendment_adds() -> None:
    told = signed(requires=(Soak(soak="1h", since="two"),))
    told.later(3600)
    amended(told, changed(told, "two", *steps_of(told, "two"), step("more", undo="back")))
    told.do(c.SignOff(step="before", role="reviewer"), by=SECOND)
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    told.run("more")
    assert told.state.completed_at["two"] == told.now
    assert "soaks for 1h after two" in told.refusal(c.StartStep(step="fourth"))


def test_a_phase_whose_last_open_step_is_dropped_is_complete_from_then_on() -> None:
    told = begun()
    told.run("fill")
    assert "expand" not in told.state.completed_at
    told.later(60)
    add, fill, _ = steps_of(told, "expand")
    shorter = changed(told, "expand", add, fill).runbook
    amended(told, amend_to(with_fields(shorter, phases=shorter.phases[:3])))
    assert told.state.completed_at["expand"] == told.now


def test_what_a_failed_baseline_recorded_goes_when_it_is_changed() -> None:
    told = Story(phase("one", reading("count"), step("work")), risk="low")
    told.do(c.StartStep(step="count"))
    told.tell(o.BaselineRecorded(step="count", value=7))
    told.tell(e.StepFailed(step="count", error="no"))
    amended(told, changed(told, "one", with_fields(reading("count"), title="Another"), step("work")))
    assert told.state.baselines == {}


def test_a_question_for_a_waiver_of_what_is_changed_is_forgotten() -> None:
    told = begun()
    told.do(c.Waive(step="fill", reason="by hand"))
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, with_fields(fill, undo="another way"), check))
    assert told.at("fill").waiver is None


def test_the_plans_digest_that_passes_a_point_is_that_of_the_amended_plan() -> None:
    told = Story(phase("one", step("work")), phase("two", step("drop"), point_of_no_return=point()), risk="low")
    amended(told, changed(told, "two", title="Another"))
    told.run("work")
    told.do(c.ApproachPointOfNoReturn(phase="two"))
    assert told.refusal(c.PassPointOfNoReturn(phase="two", typed=told.state.started.plan_digest))
    told.do(c.PassPointOfNoReturn(phase="two", typed="plan new"))


def test_an_undo_after_an_amendment_takes_back_what_was_added_too() -> None:
    told = begun()
    told.run("fill")
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, fill, step("more", undo="back"), check))
    told.do(c.SignOff(step="sign", role="reviewer"))
    told.run("more")
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    assert told.state.undo
    assert told.state.undo.remaining == ("more", "fill", "add")


def test_a_hostile_record_that_drops_what_is_under_way_leads_to_a_state_that_can_be_asked() -> None:
    told = begun()
    start(told)
    shorter: Runbook = with_fields(told.state.runbook, phases=(phase("other", step("another")),))
    told.do(changed(told, "switch", title="Another"))
    amendment = told.records[-1].event
    told.tell(with_fields(amendment, runbook=shorter), by=DRIVER)
    told.do(c.AddNote(text="seen"))
    told.tell(AmendmentApproved(role="reviewer", source_digest="new"), by=SECOND)
    assert told.state.under_way() is None
    told.do(c.StartStep(step="another"))
