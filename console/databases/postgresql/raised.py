"""What RAISE says. Rule: the words that stand in the function are kept, what it put into them is not.

A function's message may hold values of the row that it refuses: `RAISE EXCEPTION 'the address % is taken', NEW.email`.
"""

import re
from collections.abc import Iterable, Sequence

LEFT_OUT = "…"

_LEVELS = "exception|debug|log|info|notice|warning"
_RAISE = re.compile(rf"\braise\s+(?:(?:{_LEVELS})\s+)?'((?:[^']|'')*)'", re.IGNORECASE)


def without_arguments(message: str, sources: Iterable[str]) -> str | None:
    """Return the message as the function writes it, with … for each %; None when no function writes such a one."""
    for source in sources:
        for found in _RAISE.finditer(source):
            words = [part.replace("%%", "%") for part in _parts(found[1].replace("''", "'"))]
            if any(words) and _says(message, words):
                return LEFT_OUT.join(words)
    return None


def _says(message: str, words: Sequence[str]) -> bool:
    """Tell whether the words stand in the message in their order, the first at its beginning and the last at its end.

    A pattern with a hole for each % would try them in all places: of a long message that is for ever.
    """
    first, *between, last = words if len(words) > 1 else (words[0], "")
    end = len(message) - len(last)
    if len(words) == 1:
        return message == first
    place = len(first)
    for each in between:
        found = message.find(each, place, max(end, 0))
        if found < 0:
            return False
        place = found + len(each)
    return place <= end and message.startswith(first) and message.endswith(last)


def _parts(text: str) -> list[str]:
    """Divide a format at each % that is not doubled."""
    return re.split(r"(?<!%)%(?!%)", text)
