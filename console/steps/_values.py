"""Values of a database as text, as JSON and compared.

Rule: 5, 5.0 and "5" are one number, NULL equals only NULL, and content is kept only where the runbook says so.
"""

import re
from decimal import Decimal
from hashlib import sha256
from typing import Any

Scalar = bool | int | float | str | None
"""What a runbook can write for a value and a journal can keep of one."""

LONGEST = 200
"""Characters of a value that are shown."""

EXACT = 1e15
"""Below this a whole float is written like an integer."""

DIGEST = 16
"""Hexadecimal digits by which a text is told from another one."""

_HARMLESS = re.compile(
    r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
    r"|[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""A text that says nothing about a person: a number that is too short for a telephone or an account, a date, a time,
a uuid."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


def told(value: Any) -> str:
    """Say a value in one short text: NULL for None, whole floats without a fraction, bytes in hexadecimal."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case float() if value.is_integer() and abs(value) < EXACT:
            return str(int(value))
        case bytes():
            return f"x'{cut(value[:LONGEST].hex())}'"
        case _:
            return cut(str(value))


def discreet(value: Any) -> str:
    """Say a value that may be about a person: NULL, numbers, dates, times and uuids like `told`, of any other text
    or bytes how long it is and a digest, by which two of them can be told apart.
    """
    if _is_harmless(value):
        return told(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes, sha256 {sha256(value).hexdigest()[:DIGEST]}"
    text = str(value)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    return f"text of {len(text)} {'character' if len(text) == 1 else 'characters'}, sha256 {digest}"


def _is_harmless(value: Any) -> bool:
    if value is None or value == "" or _is_number(value):
        return True
    return not isinstance(value, bytes) and _HARMLESS.fullmatch(str(value)) is not None


def cut(text: str) -> str:
    """Return the text, or its beginning and an ellipsis when it is too long to show."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def shortened(text: str, *, to: int = 60) -> str:
    """Return a text in one line of at most so many characters, for a title."""
    line = " ".join(text[: to * 10].split())
    return line if len(line) <= to else line[: to - 1].rstrip() + "…"


def scalar(value: Any) -> Scalar:
    """Return what a journal keeps of a value to compare with later; of content its length and digest."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    return str(value) if _is_harmless(value) else discreet(value)


def same(left: Any, right: Any) -> bool:
    """Compare two values: as numbers when one is a number and the other reads like one, else as text."""
    if left is None or right is None:
        return left is right
    if _is_number(left) or _is_number(right):
        numbers = number(left), number(right)
        if None not in numbers:
            return numbers[0] == numbers[1]
    return _text(left) == _text(right)


def unchanged(recorded: Any, value: Any) -> bool:
    """Compare a value with what `scalar` kept of one."""
    return same(recorded, value) or recorded == scalar(value)


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def truth(value: Any) -> bool:
    """Tell whether a value counts as true: it is neither NULL nor zero nor empty."""
    found = number(value)
    return bool(value) if found is None else found != 0


def number(value: Any) -> Decimal | None:
    """Return a value as a number; None when it does not read like a finite one."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, bool | int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if value - value == 0 else None
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | Decimal)
