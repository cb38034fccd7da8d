"""Text in Markdown. Rule: whatever others wrote is shown as they wrote it, and never becomes markup, HTML or a link."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from console.core.durations import spoken
from console.views.text import one_line, safe

LIMIT = 500
"""Characters of one value that a report shows; JSON has all of it."""
NOTHING = "–"

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_TICKS = re.compile("`+")
_LINKS = re.compile(r"(?<=:)/(?=/)|(?<=www)\.|(?<=\w)@(?=\w)", re.IGNORECASE)


def inline(value: object, *, limit: int = LIMIT) -> str:
    """Return a value in one line of plain text, for a table's cell or after other words; a dash when it is empty."""
    text = one_line(value, limit=limit).translate(_ENTITIES)
    return _LINKS.sub(r"\\\g<0>", _MARKUP.sub(r"\\\g<0>", text)) or NOTHING


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table; cells that are text are made plain."""
    return [
        f"| {' | '.join(columns)} |",
        f"|{' --- |' * len(columns)}",
        *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows),
    ]


def _cell(value: object) -> str:
    match value:
        case None:
            return NOTHING
        case datetime():
            return moment(value)
        case float():
            return spoken(value)
        case _:
            return inline(value if isinstance(value, str) else str(value))


def fenced(lines: Iterable[str], *, language: str) -> list[str]:
    """Return lines as a block of code; what is in them can neither end the block nor steer a terminal."""
    shown = [safe(each) for each in lines]
    longest = max((len(run) for each in shown for run in _TICKS.findall(each)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown, fence]


def moment(at: datetime) -> str:
    """Say a moment with its date; the report says once that it is UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
