"""Values of a database as text, as JSON and compared. Rule: 5, 5.0 and "5" are one number; NULL equals only NULL."""

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


def cut(text: str) -> str:
    """Return the text, or its beginning and an ellipsis when it is too long to show."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def shortened(text: str, *, to: int = 60) -> str:
    """Return a text in one line of at most so many characters, for a title."""
    line = " ".join(text[: to * 10].split())
    return line if len(line) <= to else line[: to - 1].rstrip() + "…"


def scalar(value: Any) -> Scalar:
    """Return what a journal keeps of a value to compare with later; of a long one its length and digest."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    if len(raw) > LONGEST:
        return f"{len(raw)} bytes, sha256 {sha256(raw).hexdigest()}"
    return raw.hex() if isinstance(value, bytes) else str(value)


def same(left: Any, right: Any) -> bool:
    """Compare two values: as numbers when one is a number and the other reads like one, else as text."""
    if left is None or right is None:
        return left is right
    if _is_number(left) or _is_number(right):
        numbers = number(left), number(right)
        if None not in numbers:
            return numbers[0] == numbers[1]
    return str(scalar(left)) == str(scalar(right))


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
