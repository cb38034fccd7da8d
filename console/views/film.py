"""Moving through a journal: to a record, a time, the next failure or signature.

Rule: positions count records from 1, as the journal does; a search goes forward and says when there is nothing.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from console.core import changed as ch
from console.core import events as e
from console.core import observations as o
from console.core.events import Record
from console.views import figures
from console.views.rows import Row, Span, line, quiet, strong
from console.views.tones import Tone

TROUBLE = (e.StepFailed, e.StepLost, e.StepRejected, e.StepCancelled, e.StepInterrupted, ch.PhaseLeft, e.RunAborted)
SIGNATURES = (e.SignedOff, e.SignOffCompleted, ch.StepWaived, ch.AmendmentApproved, e.PointOfNoReturnPassed)

_TIME = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")

WAY = 30
"""Cells of the line that shows how far the film is."""


def next_trouble(film: Sequence[Record], position: int) -> int | None:
    """Return the position of the next failure or doubt; None when there is none."""
    return _next(film, position, TROUBLE)


def next_signature(film: Sequence[Record], position: int) -> int | None:
    """Return the position of the next signature or passed point; None when there is none."""
    return _next(film, position, SIGNATURES)


def _next(film: Sequence[Record], position: int, kinds: tuple[type, ...]) -> int | None:
    return next((index + 1 for index in range(position, len(film)) if isinstance(film[index].event, kinds)), None)


def position_of(film: Sequence[Record], text: str, *, now: datetime) -> int | None:
    """Return the position that a record's number, or a time of day, stands for; None when it is neither.

    A time means the first record at or after it, on the day of `now` or else on a later one, or the last record.
    """
    if text.isdecimal():
        return min(max(int(text), 1), len(film))
    found = _TIME.match(text)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        wanted = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return None
    return next((index + 1 for index, record in enumerate(film) if record.at >= wanted), len(film))


def step_of_record(record: Record) -> str:
    """Return the step that a record is about; empty when it is about none."""
    return str(getattr(record.event, "step", "") or "")


def telling(record: Record) -> bool:
    """Tell whether a record is more than progress."""
    return not isinstance(record.event, o.THINNED)


def position_row(film: Sequence[Record], position: int, *, playing: bool) -> Row:
    """Return the line that says where in the film one is."""
    share = position / len(film)
    word = Span("playing ", Tone.RUNNING, strong=True) if playing else Span("replay ", Tone.RUNNING, strong=True)
    way = Span(figures.bar(share, width=WAY), Tone.RUNNING)
    where = strong(f" record {figures.count(position)} of {figures.count(len(film))}")
    return Row(key="position", left=line(word, way, where, quiet(f"  {film[position - 1].at:%d %b %Y %H:%M:%S} UTC")))
