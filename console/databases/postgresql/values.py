"""Values on their way to and from the server. Rule: whole numbers, floats, truth and bytes are what they are; all else
is the server's own text.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from console.core.errors import DatabaseError

_BOOL, _BYTES, _NUMERIC = 16, 17, 1700
_INTEGERS = (20, 21, 23, 26)
_FLOATS = (700, 701)
"""Object identifiers of types, which are the same on every server."""

# What is quoted or a comment is passed over; comments within comments are looked through one level deep.
_PLACE = re.compile(
    r"""(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*)|/\*.*?\*/)*\*/"""
    r"""|(?<!\w)\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$|(?P<place>\?)""",
    re.DOTALL,
)


def loaded(raw: bytes | None, oid: int) -> Any:
    """Return a value that came in text form; text that is no UTF-8 with its bytes written as escapes."""
    if raw is None:
        return None
    if oid == _BYTES:
        return _bytes(raw)
    text = raw.decode("utf-8", "backslashreplace")
    if oid in _INTEGERS:
        return int(text)
    if oid in _FLOATS:
        return float(text)
    if oid == _NUMERIC:
        return int(text) if text.lstrip("-").isdigit() else Decimal(text)
    return text == "t" if oid == _BOOL else text


def _bytes(raw: bytes) -> bytes:
    if raw.startswith(b"\\x"):
        return bytes.fromhex(raw[2:].decode("ascii"))
    # The role or the database has bytea_output = escape.
    octal = re.compile(rb"\\(\\|[0-7]{3})")
    return octal.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1], 8)]), raw)


def dumped(value: Any) -> bytes | None:
    """Return a parameter in text form, whose type the server takes from where it stands."""
    match value:
        case None:
            return None
        case bool():
            return b"t" if value else b"f"
        case bytes():
            return b"\\x" + value.hex().encode("ascii")
        case _:
            text = str(value)
            if "\0" in text:
                raise DatabaseError(
                    "A text of PostgreSQL cannot hold the character NUL", remedy="take it out, or use a bytea column"
                )
            return text.encode("utf-8")


def numbered(sql: str, count: int) -> str:
    """Return SQL whose places, written ?, are written $1, $2 …; SQL without parameters is left as it is.

    Raises DatabaseError when there are not as many places as values: a ? may be an operator of jsonb.
    """
    if not count:
        return sql
    places = 0

    def placed(found: re.Match[str]) -> str:
        nonlocal places
        if not found["place"]:
            return found[0]
        places += 1
        return f"${places}"

    written = _PLACE.sub(placed, sql)
    if places == 0:
        return sql
    if places != count:
        raise DatabaseError(
            f"There are {places} question marks for {count} values",
            remedy="write jsonb_exists(a, b), jsonb_exists_any(a, b) or jsonb_exists_all(a, b) instead of ?, ?| and ?&",
        )
    return written


def quoted(name: str) -> str:
    """Return a name, its parts divided by dots, in double quotes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def encoded(parameters: Sequence[Any]) -> list[bytes | None]:
    """Return all parameters in text form; DatabaseError for what is no text."""
    try:
        return [dumped(each) for each in parameters]
    except UnicodeEncodeError as error:
        raise DatabaseError(f"A value is no text: {error.reason}", remedy="take halves of characters out") from error
