"""The harness measures: every row is there, with figures. What they are is no matter of a test."""

import re

import pytest

from tests.bench.__main__ import PARTS, measured
from tests.bench.measure import SAMPLE, Row, in_turns
from tests.bench.table import document, table


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_sample_of_every_part_has_figures(part: str) -> None:
    rows = list(measured(SAMPLE, [part]))
    assert rows
    assert all(row.ratio <= row.at_most for row in rows)
    for row in rows:
        assert all(value > 0 for value in (*row.measured, *row.compared)), row.what
    assert len({(row.what, row.against) for row in rows}) == len(rows)


def test_the_table_has_a_line_for_each_row_with_its_ratio_and_its_number() -> None:
    row = Row(what="a", against="b", unit="ms", measured=(3.0, 4.0, 5.0), compared=(2.0, 2.0, 2.0), target="≤ 3")
    lines = table([row, row]).splitlines()
    assert len(lines) == 4
    assert lines[2] == "| a | 4.00 ms (3.50–4.50) | b | 2.00 ms (2.00–2.00) | **2.00** (1.75–2.25) | 3 | ≤ 3 |"


def test_the_document_says_on_what_it_was_measured_and_names_no_path() -> None:
    row = Row(what="a", against="b", unit="ms", measured=(3.0,), compared=(2.0,))
    text = document([row])
    assert re.search(r"\d+ cores .*Python 3\.\d+.*textual \d.*tmux \d", text)
    assert "/" not in text.replace("rows/s", "")


def test_turns_alternate_and_the_first_one_does_not_count() -> None:
    done: list[str] = []

    def act(name: str) -> float:
        done.append(name)
        return float(len(done))

    assert in_turns(2, lambda: act("a"), lambda: act("b")) == ((3.0, 6.0), (4.0, 5.0))
    assert done == ["b", "a", "a", "b", "b", "a"]


def test_a_row_of_unequal_turns_is_refused() -> None:
    with pytest.raises(ValueError, match="2 measurements against 1"):
        Row(what="a", against="b", unit="ms", measured=(1.0, 2.0), compared=(1.0,))
