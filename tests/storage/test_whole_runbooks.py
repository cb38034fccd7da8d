"""What only a whole runbook shows: circles, and what brings back what its steps change."""

from pathlib import Path

import pytest

from console.core.errors import InvalidDocument
from console.storage.runbook_file import load

HEAD = "runbook: r\ntitle: T\nengine: sqlite\ndatabases: {main: env:D}\npeople: {'*': [reviewer]}\nphases:\n"
POINT = "point_of_no_return: {consequence: it is gone, restore: the backup}"
ADD = "{id: add, sql: ALTER TABLE t ADD COLUMN c, undo: ALTER TABLE t DROP COLUMN c}"
FILL = "{id: fill, backfill: {table: t, key: id, set: {c: '1'}}}"


def told(folder: Path, *phases: str) -> list[str]:
    """Return the problems of a runbook of these phases, without their places."""
    path = folder / "r.yaml"
    path.write_text(HEAD + "".join(f"  - {{id: p{number}, {phase}}}\n" for number, phase in enumerate(phases)))
    try:
        load(path)
    except InvalidDocument as error:
        return [problem.split(": ", 1)[1] for problem in error.problems]
    return []


def steps(*each: str) -> str:
    return f"steps: [{', '.join(each)}]"


def waiting(**requires: str) -> str:
    return steps(*(f"{{id: {step}, manual: x, requires: [{others}]}}" for step, others in requires.items()))


@pytest.mark.parametrize("order", ["", "any_order: true, "])
def test_steps_that_wait_for_each_other_are_told_with_their_circle(tmp_path: Path, order: str) -> None:
    end = "is a circle, none could ever start: cut it"
    assert told(tmp_path, order + waiting(a="b", b="a")) == [f"requires: a → b → a {end}"]
    assert told(tmp_path, order + waiting(a="c", b="a", c="b")) == [f"requires: a → c → b → a {end}"]
    assert told(tmp_path, order + waiting(a="a")) == ["requires: a would wait for itself: take it out"]
    assert told(tmp_path, order + waiting(a="b", b="c", c="b")) == [
        "requires: b does not come earlier, it is on line 7: move it up, or name another",
        f"requires: b → c → b {end}",
    ]


def test_a_circle_over_two_phases_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, waiting(a="b"), waiting(b="a")) == [
        "requires: a → b → a is a circle, none could ever start: cut it"
    ]


def test_waiting_for_earlier_steps_is_sound_in_any_order(tmp_path: Path) -> None:
    assert told(tmp_path, "any_order: true, " + waiting(a="", b="a", c="'a', b")) == []


def test_a_backfill_goes_with_the_column_that_an_earlier_step_added(tmp_path: Path) -> None:
    assert told(tmp_path, steps(ADD), steps(FILL)) == []
    assert told(tmp_path, steps(ADD, FILL)) == []
    table = "{id: make, sql: CREATE TABLE main.t (id int), undo: DROP TABLE t}"
    assert told(tmp_path, steps(table, FILL)) == []


@pytest.mark.parametrize(
    "before",
    [
        ADD.replace("COLUMN c", "COLUMN d"),
        ADD.replace("TABLE t", "TABLE u"),
        "{id: look, manual: x}",
        "{id: add, sql: ANALYZE}",
    ],
)
def test_a_backfill_that_nothing_takes_back_is_refused(tmp_path: Path, before: str) -> None:
    (problem,) = told(tmp_path, steps(before), steps(FILL))
    assert problem.startswith("undo: is missing: write the SQL that takes the values back, or add the column in")


def test_a_backfill_with_a_statement_of_its_own_needs_an_undo(tmp_path: Path) -> None:
    own = "{id: fill, backfill: {table: t, key: id, sql: 'UPDATE t SET c = 1 WHERE id > :low AND id <= :high'}}"
    (problem,) = told(tmp_path, steps(ADD), steps(own))
    assert problem.startswith("undo: is missing")


@pytest.mark.parametrize(
    "step",
    [
        "{id: x, sql: DELETE FROM t, restore: the backup}",
        "{id: x, backfill: {table: t, key: id, set: {c: '1'}}, restore: the backup}",
        "{id: x, manual: Drop it by hand, restore: the backup}",
    ],
)
def test_a_restore_is_for_what_lies_behind_a_point_of_no_return(tmp_path: Path, step: str) -> None:
    (problem,) = told(tmp_path, steps(step), f"{POINT}, {steps('{id: y, manual: x}')}")
    assert problem == (
        "restore: the step cannot be undone, and no point of no return comes before it:"
        " write undo:, or put point_of_no_return: on its phase"
    )
    assert told(tmp_path, f"{POINT}, {steps(step)}") == []
    assert told(tmp_path, f"{POINT}, {steps('{id: y, manual: x}')}", steps(step)) == []


def test_a_step_may_have_both_an_undo_and_a_restore(tmp_path: Path) -> None:
    assert told(tmp_path, steps(ADD.replace("}", ", restore: the backup}"))) == []


def test_behind_the_point_too_what_changes_something_says_how_it_comes_back(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, f"{POINT}, {steps('{id: x, sql: DELETE FROM t}')}")
    assert problem.startswith("undo: is missing; write the SQL that takes the step back, or with restore: where")
    assert told(tmp_path, f"{POINT}, {steps('{id: x, sql: ANALYZE}')}") == []
