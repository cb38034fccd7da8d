"""Durations: what is accepted in a runbook, and what is said on the screen."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.durations import PATTERN, seconds, spoken
from tests.core.build import EVENING


@pytest.mark.parametrize(
    ("written", "length"),
    [("250ms", 0.25), ("0s", 0), ("90s", 90), ("15m", 900), ("72h", 259_200), ("14d", 1_209_600), ("007s", 7)],
)
def test_digits_and_a_unit_are_a_duration(written: str, length: float) -> None:
    assert seconds(written) == length


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "90",
        "90 s",
        " 90s",
        "90s ",
        "90s\n",
        "-90s",
        "+90s",
        "1.5h",
        "1h30m",
        "90S",
        "90sec",
        "1w",
        "٣s",
        "1234567s",
    ],
)
def test_anything_else_is_refused_with_examples(written: str) -> None:
    with pytest.raises(ValueError, match="250ms, 90s, 15m, 72h or 14d"):
        seconds(written)


@given(st.from_regex(PATTERN, fullmatch=True).map(str.strip))
def test_whatever_a_runbook_may_say_ends_before_the_calendar_does(written: str) -> None:
    assert EVENING + timedelta(seconds=seconds(written)) > EVENING - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (-5, "0.0 s"),
        (0, "0.0 s"),
        (0.34, "0.3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.7, "1:00"),
        (60, "1:00"),
        (250, "4:10"),
        (3599.9, "59:59"),
        (3600, "1:00:00"),
        (4364, "1:12:44"),
        (86399, "23:59:59"),
        (86400, "1 d 00:00"),
        (266_400, "3 d 02:00"),
    ],
)
def test_a_length_is_said_the_way_a_clock_would(length: float, words: str) -> None:
    assert spoken(length) == words


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_no_length_is_said_with_a_sixtieth_second_or_minute(length: float) -> None:
    assert not re.search(r":60\b|^60 s", spoken(length))
