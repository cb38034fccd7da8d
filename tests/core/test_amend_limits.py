"""What no amendment may touch: who may do what, what lies behind, and what a point of no return rests on."""

from collections.abc import Callable
from typing import Any

import pytest

from console.core import commands as c
from console.core.runbook import Soak
from console.core.state import Status
from tests.core.amendments import amended, begun, changed, moved, of_phases, reading, steps_of
from tests.core.build import Story, amend_to, phase, point, shown, step, with_fields


@pytest.mark.parametrize("field", ["gates", "any_order", "requires", "prerequisites", "point_of_no_return"])
def test_of_a_phase_that_has_begun_only_its_words_and_later_steps_change(field: str) -> None:
    told = begun()
    values: dict[str, Any] = {
        "gates": ("base",),
        "any_order": True,
        "requires": (Soak(soak="1h", since="prepare"),),
        "prerequisites": ("coffee",),
        "point_of_no_return": point(),
    }
    assert f"its {field} cannot change" in told.refusal(changed(told, "expand", **{field: values[field]}))
    amended(told, changed(told, "expand", goal="another", rollback="another", criteria={"ready": ("add",)}))


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


def test_a_checkpoint_that_one_of_two_has_signed_stays_as_it_is() -> None:
    told = Story(phase("one", step("sign", "signatures"), step("work")), risk="low")
    told.do(c.SignOff(step="sign", role="dba"))
    sign = with_fields(told.state.step("sign"), signatures=("dba",))
    assert "'SIGN' is pending: it cannot be changed" in told.refusal(changed(told, "one", sign, step("work")))


def test_no_step_and_no_name_can_be_dropped_that_something_still_names() -> None:
    told = begun()
    add, fill, check = steps_of(told, "expand")
    assert "it names step 'fill', which it has not" in told.refusal(changed(told, "expand", add, check))
    assert "it names step 'check', which it has not" in told.refusal(changed(told, "expand", add, fill))
    later, _ = steps_of(told, "switch")
    assert "it names step 'count', which it has not" in told.refusal(changed(told, "switch", later))
    assert "it names phase 'nowhere'" in told.refusal(
        changed(told, "switch", requires=(Soak(soak="1h", since="nowhere"),))
    )


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


def test_what_stands_behind_a_point_of_no_return_can_be_put_off_with_it() -> None:
    told = pointed()
    amended(told, of_phases(told, "one", "two"))
    assert "drop" not in told.state.steps


def test_more_can_be_asked_before_a_point_of_no_return_than_was() -> None:
    told = pointed()
    amended(told, changed(told, "contract", gates=("count", "early")))
