"""What a step may not say. Rule: no statement of a step ends, begins or prepares a transaction.

The server takes one statement at a time (see `wire`), so that its first word tells.
"""

import re

from console.core.errors import DatabaseError

_BLANK = re.compile(r"(?:\s|--[^\r\n]*)+")
_ENDING = re.compile(r"(begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*|\*/")


def ensure_inside(sql: str) -> None:
    """Raise DatabaseError for transaction control."""
    found = _ENDING.match(sql, _first_word(sql))
    if found:
        raise DatabaseError(
            f"A step may not say {found[1].upper()}: the console begins and ends its transactions",
            remedy="take it out of the step",
        )


def _first_word(sql: str) -> int:
    """Return where the first word begins; comments, which PostgreSQL nests, and empty statements are passed over."""
    place = 0
    while True:
        if blank := _BLANK.match(sql, place):
            place = blank.end()
        elif sql.startswith("/*", place):
            place = _after_comment(sql, place)
        elif sql.startswith(";", place):
            place += 1
        else:
            return place


def _after_comment(sql: str, place: int) -> int:
    depth = 0
    for found in _COMMENT.finditer(sql, place):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(sql)
