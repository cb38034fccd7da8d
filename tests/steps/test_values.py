"""Values are told in one short text and compared without surprises."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.steps._values import cut, number, same, scalar, shortened, told, truth

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals()


@given(anything)
def test_any_value_is_told_in_short_and_kept_as_json(value: Any) -> None:
    assert len(told(value)) <= 203
    kept = scalar(value)
    if not isinstance(kept, int):
        assert msgspec.json.decode(msgspec.json.encode(kept)) == kept
    assert same(value, kept) or isinstance(value, bytes | Decimal)
    assert same(value, value)
    truth(value)


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
