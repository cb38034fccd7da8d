"""What RAISE says. Rule: the words that stand in the function are kept, what it put into them is not.

A function's message may hold values of the row that it refuses: `RAISE EXCEPTION 'the address % is taken', NEW.email`.
"""

import re
from collections.abc import Iterable

LEFT_OUT = "…"

_LEVELS = "exception|debug|log|info|notice|warning"
_RAISE = re.compile(rf"\braise\s+(?:(?:{_LEVELS})\s+)?'((?:[^']|'')*)'", re.IGNORECASE)


def without_arguments(message: str, sources: Iterable[str]) -> str | None:
    """Return the message as the function writes it, with … for each %; None when no function writes such a one."""
    for source in sources:
        for found in _RAISE.finditer(source):
            words = [part.replace("%%", "%") for part in _parts(found[1].replace("''", "'"))]
            if any(words) and re.fullmatch(".*".join(map(re.escape, words)), message, re.DOTALL):
                return LEFT_OUT.join(words)
    return None


def _parts(text: str) -> list[str]:
    """Divide a format at each % that is not doubled."""
    return re.split(r"(?<!%)%(?!%)", text)
