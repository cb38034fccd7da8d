"""What an amendment is shown as: every difference, and nothing that is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, to_builtins

from console.core.amending import Change, differences
from console.core.runbook import Runbook
from tests.core.build import phase, runbook, step, with_fields
from tests.core.runbooks import runbooks, variants

A, B, C, D = (step(name) for name in "abcd")


def book(*lists: str) -> Runbook:
    """Return a runbook of phases p0, p1… with steps named by the letters of a list."""
    return runbook(*(phase(f"p{index}", *(step(name) for name in names)) for index, names in enumerate(lists)))


def told(old: Runbook, new: Runbook) -> list[tuple[str, str, str]]:
    return [(each.what, each.phase, each.step) for each in differences(old, new)]


def test_a_runbook_does_not_differ_from_itself() -> None:
    assert differences(book("ab", "c"), book("ab", "c")) == ()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (("a",), ("ab",), [("added", "p0", "b")]),
        (("ab",), ("a",), [("dropped", "p0", "b")]),
        (("abc",), ("bc",), [("dropped", "p0", "a")]),
        (("ab",), ("xab",), [("added", "p0", "x")]),
        (("ab",), ("ba",), [("moved", "p0", "b"), ("moved", "p0", "a")]),
        (("ab", "c"), ("a", "bc"), [("moved", "p1", "b"), ("moved", "p1", "c")]),
        (("ab", "c"), ("abc", "d"), [("moved", "p0", "c"), ("added", "p1", "d")]),
        (("a",), ("a", "b"), [("added", "p1", ""), ("added", "p1", "b")]),
        (("a", "b"), ("a",), [("dropped", "p1", ""), ("dropped", "p1", "b")]),
        (("ab",), ("ac",), [("added", "p0", "c"), ("dropped", "p0", "b")]),
    ],
)
def test_steps_and_phases_that_come_go_and_move(
    old: tuple[str, ...], new: tuple[str, ...], found: list[tuple[str, str, str]]
) -> None:
    assert told(book(*old), book(*new)) == found


def test_phases_that_change_places_are_told() -> None:
    one, two = phase("one", A), phase("two", B)
    assert ("moved", "one", "") in told(runbook(one, two), runbook(two, one))


def test_fields_are_told_with_what_they_were_and_are() -> None:
    old = runbook(phase("one", step("a", note="look", data={"sql": "SELECT 1"})))
    new = runbook(phase("one", step("a", data={"sql": "SELECT 2"}), goal="more"), ticket="OPS-7")
    assert differences(old, new) == (
        Change(what="changed", fields=(("ticket", "", "OPS-7"),)),
        Change(what="changed", phase="one", fields=(("goal", "", "more"),)),
        Change(
            what="changed",
            phase="one",
            step="a",
            fields=(("data", {"sql": "SELECT 1"}, {"sql": "SELECT 2"}), ("note", "look", None)),
        ),
    )


def test_what_was_not_given_is_told_as_nothing() -> None:
    old = runbook(phase("one", A), zero_downtime=UNSET)
    new = runbook(phase("one", A), zero_downtime=True)
    assert differences(old, new) == (Change(what="changed", fields=(("zero_downtime", None, True),)),)


def test_of_what_was_added_or_dropped_all_is_told() -> None:
    (added,) = differences(runbook(phase("one", A)), runbook(phase("one", A, with_fields(B, undo="back"))))
    assert {name: (before, after) for name, before, after in added.fields}["undo"] == (None, "back")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(document=runbooks(), turn=st.integers(0, 9))
def test_two_runbooks_differ_exactly_when_something_is_told(document: Runbook, turn: int) -> None:
    for other in variants(document, turn):
        assert bool(differences(document, other)) == (to_builtins(document) != to_builtins(other))
        assert bool(differences(other, document)) == (to_builtins(document) != to_builtins(other))
