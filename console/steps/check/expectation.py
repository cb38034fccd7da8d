"""What a check expects. Rule: one expectation for each check, said in words and judged by the same code."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from console.core.durations import seconds
from console.core.runbook import Document, Duration, Identifier
from console.steps._values import Scalar, number, same, told, unchanged

Bound = int | float | str
"""A limit that is included; text is compared as text, so that dates in ISO 8601 can be."""


class Expectation(Document, frozen=True):
    """Exactly one of these."""

    at_least: Bound | UnsetType = UNSET
    at_most: Bound | UnsetType = UNSET
    between: tuple[Bound, Bound] | UnsetType = UNSET
    """Both limits are included."""
    unchanged: Identifier | UnsetType = UNSET
    """The step whose baseline it equals."""
    rows: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    """So many rows come back."""
    fails: str | UnsetType = UNSET
    """The statement must fail with an error that contains this; it is run and always rolled back."""
    faster_than: Duration | UnsetType = UNSET
    by_eye: str | UnsetType = UNSET
    """A person answers this about the rows."""


Expected = Scalar | Expectation


def named(expected: Expected) -> str:
    """Return which expectation it is: the field's name, or `value` for a scalar.

    Raises ValueError when it is not exactly one.
    """
    if not isinstance(expected, Expectation):
        return "value"
    given = [field.name for field in fields(expected) if getattr(expected, field.name) is not UNSET]
    if len(given) != 1:
        said = " and ".join(given) or "nothing"
        raise ValueError(f"expect: exactly one expectation, here is {said}")
    return given[0]


def ensure_possible(expected: Expected) -> None:
    """Raise ValueError with `expect: field: message` for what nothing can be, or anything."""
    match expected:
        case Expectation(between=tuple((low, high))) if not _ordered(low, high):
            raise ValueError(f"expect: between: nothing is from {told(low)} to {told(high)}; write the lower one first")
        case Expectation(faster_than=str(limit)) if not seconds(limit):
            raise ValueError("expect: faster_than: nothing is faster than no time; write 1ms or longer")
        case Expectation(fails=str(text)) if not text.strip():
            raise ValueError("expect: fails: with which error? write a part of its text")
        case Expectation(by_eye=str(question)) if not question.strip():
            raise ValueError("expect: by_eye: what is a person to judge? write the question")
        case _:
            return


def words(expected: Expected, baselines: dict[str, Any]) -> str:
    """Say what is expected."""
    match expected:
        case Expectation(at_least=low) if low is not UNSET:
            return f"at least {told(low)}"
        case Expectation(at_most=high) if high is not UNSET:
            return f"at most {told(high)}"
        case Expectation(between=tuple((low, high))):
            return f"{told(low)} to {told(high)}"
        case Expectation(unchanged=str(step)):
            return f"{told(baselines[step])}, as {step}" if step in baselines else f"as {step}, not recorded"
        case Expectation(rows=int(count)):
            return counted(count)
        case Expectation(fails=str(text)):
            return f"fails with: {text}"
        case Expectation(faster_than=str(duration)):
            return f"faster than {duration}"
        case Expectation(by_eye=str(question)):
            return question
        case _:
            return told(expected)


def fits(expected: Expected, value: Any, baselines: dict[str, Any]) -> bool:
    """Judge one value by an expectation of a value."""
    match expected:
        case Expectation(at_least=low) if low is not UNSET:
            return _ordered(low, value)
        case Expectation(at_most=high) if high is not UNSET:
            return _ordered(value, high)
        case Expectation(between=tuple((low, high))):
            return _ordered(low, value) and _ordered(value, high)
        case Expectation(unchanged=str(step)):
            return step in baselines and unchanged(baselines[step], value)
        case _:
            return same(expected, value)


def names_text(expected: Expected) -> bool:
    """Tell whether what is expected is itself a text, so that the check asks for a word and not for content."""
    if not isinstance(expected, Expectation):
        return isinstance(expected, str)
    return any(isinstance(each, str) for each in (expected.at_least, expected.at_most, *(expected.between or ())))


def counted(rows: int) -> str:
    """Say a number of rows."""
    return "no rows" if rows == 0 else "1 row" if rows == 1 else f"{rows} rows"


def _ordered(low: Any, high: Any) -> bool:
    """Tell whether two values are in order: as numbers, or both as text; what cannot be compared is not."""
    numbers = number(low), number(high)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] <= numbers[1]
    if numbers == (None, None) and isinstance(low, str) and isinstance(high, str):
        return low <= high
    return False
