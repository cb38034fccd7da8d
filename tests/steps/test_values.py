"""Values are told in one short text and compared without surprises."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.steps._values import cut, discreet, number, same, scalar, shortened, told, truth, unchanged

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals()


@given(anything)
def test_any_value_is_told_in_short_and_kept_as_json(value: Any) -> None:
    assert len(told(value)) <= 203
    kept = scalar(value)
    if not isinstance(kept, int):
        assert msgspec.json.decode(msgspec.json.encode(kept)) == kept
    assert unchanged(kept, value) or isinstance(value, Decimal)
    assert same(value, value)
    truth(value)


@given(st.text(min_size=10) | st.binary(min_size=4))
def test_of_content_no_character_is_shown(value: str | bytes) -> None:
    shown = discreet(value)
    assert ", sha256 " in shown
    assert discreet(value) == scalar(value) == shown
    assert len(shown) < 80


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        (True, "1"),
        (4930123456789, "4930123456789"),
        (0.5, "0.5"),
        (Decimal("12.50"), "12.50"),
        ("", ""),
        ("-12.5", "-12.5"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T09:30:00.123Z", "2026-03-01T09:30:00.123Z"),
        ("2026-03-01 09:30:00+01", "2026-03-01 09:30:00+01"),
        ("09:30", "09:30"),
        ("7d1f0a2c-0001-4abc-a001-00ff00ff00ff", "7d1f0a2c-0001-4abc-a001-00ff00ff00ff"),
        ("+4930123456789", "text of 14 characters, sha256 "),
        ("4111111111111111", "text of 16 characters, sha256 "),
        ("ada@example.org", "text of 15 characters, sha256 "),
        ("x", "text of 1 character, sha256 "),
        ("2026-03-01 Ada", "text of 14 characters, sha256 "),
        (b"ada", "3 bytes, sha256 "),
    ],
)
def test_what_may_be_about_a_person_is_shown_by_length_and_digest(value: Any, shown: str) -> None:
    found = discreet(value)
    assert found == shown if not shown.endswith(" ") else found.startswith(shown) and len(found) == len(shown) + 16


@given(anything, anything)
def test_comparing_is_the_same_both_ways(left: Any, right: Any) -> None:
    assert same(left, right) == same(right, left)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (5, 5.0, True),
        (5, "5", True),
        (5, "5.00", True),
        ("5", "5.00", False),
        (5, " 5", False),
        (True, 1, True),
        (None, 0, False),
        (None, "", False),
        (None, "NULL", False),
        (1, "one", False),
        (float("inf"), "inf", True),
        (Decimal("1.50"), "1.5", True),
        (1e16, 10**16, True),
        (b"\x00\xff", "00ff", True),
    ],
)
def test_numbers_are_compared_as_numbers_and_text_as_text(left: Any, right: Any, *, equal: bool) -> None:
    assert same(left, right) == equal


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "NULL"), (True, "1"), (5.0, "5"), (0.5, "0.5"), (1e300, "1e+300"), (b"\x00", "x'00'"), ("", "")],
)
def test_a_value_is_told_as_a_database_would(value: Any, text: str) -> None:
    assert told(value) == text


@pytest.mark.parametrize(
    ("value", "true"),
    [(None, False), (0, False), ("0", False), ("0.0", False), ("", False), (1, True), ("t", True), (-1, True)],
)
def test_what_is_not_null_and_not_zero_is_true(value: Any, *, true: bool) -> None:
    assert truth(value) == true


def test_long_text_is_cut_and_a_title_is_one_line() -> None:
    assert cut("x" * 200) == "x" * 200
    assert cut("x" * 201) == "x" * 199 + "…"
    assert shortened("SELECT 1\n   FROM\tt") == "SELECT 1 FROM t"
    assert len(shortened("word " * 100)) <= 60
    assert number("1e400") == Decimal("1e400")
    assert number("1" * 50) is None
