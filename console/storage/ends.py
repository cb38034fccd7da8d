"""How a sealed journal begins and ends, without all that is between. Rule: it tells runs apart, it verifies none."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from console.core.errors import JournalError
from console.core.events import Record, RunAborted, RunFinished, RunStarted, Sealed
from console.storage import plain_files
from console.storage.codec import GENESIS, chained, decode_line, whole_lines

TAIL = 16 * 1024
"""Bytes of the end that are looked at: the seal and the record that ended the run are far shorter."""


class End(Struct, frozen=True, kw_only=True):
    """What the first record and the last ones of a sealed journal say."""

    started: RunStarted
    started_at: datetime
    finished: bool
    """Not aborted."""
    sealed: Sealed


def read_end(journal: Path) -> End | None:
    """Return how a journal began and ended; None when it is not sealed, or only reading all of it can tell.

    A record that was altered in between stays unnoticed: that is for `verify` to say.
    """
    try:
        with plain_files.opened(journal) as file:
            last = _last(file)
            seal = next(last).event
            if not isinstance(seal, Sealed):
                return None
            ending = next(each.event for each in last if isinstance(each.event, RunFinished | RunAborted))
            file.seek(0)
            first = chained(next(whole_lines(file)), number=1, prev=GENESIS).record
    except (OSError, JournalError, StopIteration):
        return None
    if not isinstance(first.event, RunStarted):
        return None
    return End(started=first.event, started_at=first.at, finished=isinstance(ending, RunFinished), sealed=seal)


def _last(file: BinaryIO) -> Iterator[Record]:
    """Yield the records of the end, the last one first; none when the last line is unfinished.

    Raises JournalError at what is no record.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - TAIL, 0))
    lines = file.read(TAIL).split(b"\n")
    if lines.pop():
        return
    whole = lines if size <= TAIL else lines[1:]
    yield from (decode_line(line).record for line in reversed(whole))
