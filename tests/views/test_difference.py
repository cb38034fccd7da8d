"""The difference that an amendment makes: everything is told, by sign and word, and text stays text."""

from typing import Any

import pytest
from msgspec.structs import replace

from console.core.amending import differences
from console.core.runbook import Phase, Runbook, Step
from console.views.difference import counted, difference_body, difference_lines, entries
from console.views.rows import texts
from tests.core.build import phase, runbook, step
from tests.tui.test_hostile_text import PAYLOADS, unshowable


def document(*steps: Step, **fields: Any) -> Runbook:
    return runbook(phase("one", *steps, **fields), phase("two", step("last")))


def told(old: Runbook, new: Runbook) -> list[str]:
    return difference_lines(entries(differences(old, new), old=old, new=new))


def with_data(**data: Any) -> Step:
    return step("a", title="Fill it", data=data)


def test_sql_is_compared_line_by_line_with_its_neighbours() -> None:
    before = "\n".join(f"line {number}" for number in range(1, 10))
    after = before.replace("line 5", "line five")
    assert told(document(with_data(sql=before)), document(with_data(sql=after))) == [
        "~ changed  step “Fill it” (a) in ONE",
        "    sql",
        "      line 3",
        "      line 4",
        "-     line 5",
        "+     line five",
        "      line 6",
        "      line 7",
    ]


def test_lines_far_apart_are_told_with_a_gap_between_them() -> None:
    before = "\n".join(f"line {number}" for number in range(1, 30))
    after = before.replace("line 2\n", "2\n").replace("line 28", "28")
    assert "…" in told(document(with_data(sql=before)), document(with_data(sql=after)))


def test_a_step_is_added_dropped_moved_and_changed_by_a_sign_and_a_word() -> None:
    old = document(step("a"), step("b"), step("c"), step("d"))
    new = document(step("b"), step("a"), step("c", estimate="5s"), step("e", data={"sql": "SELECT 1"}))
    lines = told(old, new)
    assert "» moved  step “A” (a) in ONE" in lines
    assert "-     first in ONE" in lines
    assert "+     after “B” in ONE" in lines
    assert "~ changed  step “C” (c) in ONE" in lines
    assert "+ added  step “E” (e) in ONE" in lines
    assert "- dropped  step “D” (d) in ONE" in lines
    assert counted(entries(differences(old, new), old=old, new=new)) == "1 added, 1 dropped, 1 changed, 3 moved"


def test_a_phase_and_the_runbook_as_a_whole_are_told_of() -> None:
    old = document(step("a"))
    new = replace(document(step("a"), goal="it is there"), why="asked for")
    new = replace(new, phases=(*new.phases, phase("three", step("z"), application="v2")))
    lines = told(old, new)
    assert lines[:3] == ["~ changed  the runbook", "    why", "-"]
    assert "~ changed  phase ONE (one)" in lines
    assert "+ added  phase THREE (three)" in lines


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0, {"between": [1, 2]}),
        ({"between": [1, 2]}, 0),
        ("1", 1),
        ("yes", True),
        ("a, b", ["a", "b"]),
        (["a\nb"], ["a", "b"]),
        ([], ""),
        ("", None),
        ({}, None),
        ({"a": None}, {}),
        ("a", "a "),
        ("a", "a\n"),
        ("a\tb", "a b"),
        ("a\x0bb", "a\nb"),
        (False, None),
    ],
)
def test_every_difference_of_a_value_is_told(before: Any, after: Any) -> None:
    old, new = (document(with_data(sql="SELECT 1", value=each)) for each in (before, after))
    lines = told(old, new)
    assert lines[0] == "~ changed  step “Fill it” (a) in ONE"
    assert any(line[0] in "+-" for line in lines[1:])
    assert len(set(lines)) == len(lines)


def test_nothing_is_told_of_documents_that_are_the_same() -> None:
    assert told(document(step("a")), document(step("a"))) == []
    assert counted(()) == "nothing"


def test_a_text_without_end_is_cut_and_what_is_left_out_is_counted() -> None:
    lines = told(document(with_data(sql="a\n" * 5000)), document(with_data(sql="b\n" * 5000)))
    assert len(lines) < 500
    assert "more lines" in lines[-1]
    (long,) = [each for each in told(document(step("a")), document(step("a", note="x" * 5000))) if each.startswith("+")]
    assert "…(+4,000)" in long


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_text_is_shown_and_steers_nothing(text: str) -> None:
    old = runbook(Phase(id="one", title=text, steps=(step("a", title=text),)))
    new = runbook(Phase(id="one", title=text, steps=(step("a", title=text, undo=text, data={text[:2000]: text}),)))
    found = entries(differences(old, new), old=old, new=new)
    for line in (*difference_lines(found), *texts(difference_body(found))):
        assert not set(unshowable(line)), ascii(line)
        assert len(line) < 5000
