"""The journal as rows, one line for each record. Rule: made when it is looked at; the words are in `timeline_words`."""

from collections.abc import Sequence
from typing import overload

from console.core import events as e
from console.core import observations as o
from console.core.runbook import Runbook
from console.views import figures
from console.views.rows import Line, Row, Span, quiet
from console.views.timeline_words import words_of
from console.views.titles import titles_of


class Timeline(Sequence[Row]):
    """The rows of a journal, made when they are looked at."""

    def __init__(self, records: Sequence[e.Record], runbook: Runbook) -> None:
        self._records = records
        self._titles = titles_of(runbook, records)

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        record = self._records[index]
        by = () if record.by == e.ENGINE else (Span(f"{record.by} "),)
        at = quiet(f"{figures.clock_seconds(record.at)} ")
        return Row(key=str(record.seq), left=(at, *by, *self.words(record)))

    def words(self, record: e.Record) -> Line:
        """Say what one record records."""
        return words_of(record.event, self._titles)


_AGAIN = (*o.THINNED, o.Noticed)

FAR = 500
"""Records that are looked through for the last news at most."""


def news(records: Sequence[e.Record], *, lines: int) -> tuple[e.Record, ...]:
    """Return the last records, the latest first; of what is said of a step again and again only the latest."""
    found: list[e.Record] = []
    told: set[tuple[type[o.Observation], str]] = set()
    for record in reversed(records[-FAR:]):
        if isinstance(record.event, _AGAIN):
            if (type(record.event), record.event.step) in told:
                continue
            told.add((type(record.event), record.event.step))
        found.append(record)
        if len(found) == lines:
            break
    return tuple(found)
