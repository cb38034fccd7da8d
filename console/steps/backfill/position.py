"""How far a backfill is, as it is kept in the ledger. Rule: what it says was committed with the rows it speaks of."""

import json
import re
from decimal import Decimal, InvalidOperation
from math import inf, isfinite, nextafter
from typing import Any, Literal

from msgspec import Struct

from console.core.errors import DatabaseError
from console.core.ports import LedgerEntry
from console.steps._values import discreet

Key = tuple[Any, ...]
"""The values of the key's columns."""

Standing = Literal["nothing", "going", "done", "undoing"]

SMALLEST = -(2**63)
"""No integer key is below this."""
NIL = "00000000-0000-0000-0000-000000000000"
"""The UUID that is below all others."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGITS = 8
"""Bytes of a text that tell where it lies between two others."""


class Position(Struct, frozen=True, kw_only=True):
    """Everything above `first` up to `low` is handled; `high` was the last key when it began."""

    first: Key
    low: Key | None
    """None before the first batch; then the first key itself is still to be handled."""
    high: Key
    batches: int = 0
    undoing: bool = False
    """It is being taken back: up to `low` it is, up to `high` it had been handled."""


def encoded(position: Position) -> str:
    """Return the position as JSON; bytes and decimal numbers as an object that says which."""
    fields = {
        "first": position.first,
        "low": position.low,
        "high": position.high,
        "batches": position.batches,
        "undo": position.undoing,
    }
    return json.dumps(fields, default=_written)


def decoded(entry: LedgerEntry | None) -> Position | None:
    """Return the position that a ledger row holds; None when it holds none.

    Raises DatabaseError when it cannot be read.
    """
    if entry is None or entry.position is None:
        return None
    try:
        fields = json.loads(entry.position, object_hook=_read)
        return Position(
            first=tuple(fields["first"]),
            low=tuple(fields["low"]),
            high=tuple(fields["high"]),
            batches=int(fields["batches"]),
            undoing=bool(fields["undo"]),
        )
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise DatabaseError(
            f"the position of {entry.step} in the ledger cannot be read: {type(error).__name__}",
            remedy="somebody changed the ledger; find out which rows are done before anything is run again",
        ) from error


def _written(value: bytes | Decimal) -> dict[str, str]:
    return {"decimal": str(value)} if isinstance(value, Decimal) else {"bytes": value.hex()}


def _read(found: dict[str, Any]) -> Any:
    match found:
        case {"bytes": digits}:
            return bytes.fromhex(digits)
        case {"decimal": digits}:
            return Decimal(digits)
        case _:
            return found


def said(key: Key) -> str:
    """Say a key; what it is made of may be about a person."""
    return ", ".join(map(discreet, key))


def standing(entry: LedgerEntry | None, position: Position | None) -> Standing:
    """Tell where a backfill stands by its ledger row; an undo that is complete leaves no position."""
    if position is not None and position.undoing:
        return "undoing"
    if position is not None and position.low != position.high:
        return "going"
    return "done" if entry is not None and entry.applied_at and not entry.rolled_back_at else "nothing"


def below(key: Key) -> Key | None:
    """Return a key that is below this one and above no other that is; None when there is no such key."""
    for index, value in enumerate(key):
        lower = _lower(value)
        if lower is not None:
            return (*key[:index], lower, *key[index + 1 :])
    return None


def _lower(value: Any) -> Any:
    match value:
        case int():
            return value - 1 if value > SMALLEST else None
        case float():
            return nextafter(value, -inf) if value > -inf else None
        case Decimal():
            return value - 1 if value.is_finite() else None
        case str() if _UUID.fullmatch(value):
            # Where the column is of that type, nothing else can be compared with it; as text it is below others too.
            return NIL if value != NIL else None
        case str() | bytes():
            return value[:0] if value else None
        case _:
            return None


def fraction(position: Position) -> float | None:
    """Return how far it is between the first key and the last, 0 to 1; None when the keys cannot tell."""
    if position.low is None or position.low == position.high:
        return 0.0 if position.low is None else 1.0
    ends = position.first[0], position.low[0], position.high[0]
    if all(isinstance(end, str) for end in ends):
        ends = _digits(*ends)
    if not all(isinstance(end, int | float) for end in ends) or ends[2] == ends[0]:
        return None
    gone: float = (ends[1] - ends[0]) / (ends[2] - ends[0])
    return min(max(gone, 0.0), 1.0) if isfinite(gone) else None


def _digits(*texts: str) -> tuple[int, int, int]:
    """Turn texts into numbers that lie to one another as they do, by what follows their common beginning."""
    raw = [text.encode("utf-8", "surrogateescape") for text in texts]
    same = next((i for i, (a, b) in enumerate(zip(raw[0], raw[2], strict=False)) if a != b), 0)
    first, low, high = (int.from_bytes(each[same : same + DIGITS].ljust(DIGITS, b"\0")) for each in raw)
    return first, low, high
