"""Whether a journal is as it was written. Rule: says what can be known, in words for people, and never raises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from console.core.errors import JournalError
from console.core.events import RunStarted, Sealed
from console.storage.codec import GENESIS, LONGEST_LINE, Line, decode_line

State = Literal["sealed", "unsealed", "broken"]
Lines = Iterator[bytes]


class Place(Struct, frozen=True, kw_only=True):
    """The first record that is not as it was written; line 0 when there is none."""

    line: int = 0
    seq: int = 0
    why: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """What is known of a journal. `records` are those that are whole, `head` is the hash of the last of them."""

    state: State
    records: int
    head: str
    first_bad: Place = Place()
    torn_bytes: int = 0
    """Length of an unfinished last line."""

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        match self.state:
            case "sealed":
                return f"sealed: all {self.records} records are as they were written"
            case "broken":
                return f"broken: {self.first_bad.why}"
            case "unsealed":
                torn = f", then an unfinished line of {self.torn_bytes} bytes" if self.torn_bytes else ""
                return (
                    f"unsealed: {self.records} records are as they were written{torn}; "
                    "a dropped end of an unsealed file cannot be known"
                )


def verify(path: Path) -> Verdict:
    """Read a journal to its end or to the first record that is not as it was written."""
    try:
        with path.open("rb") as file:
            lines = iter(lambda: file.readline(LONGEST_LINE + 2), b"")
            return _Reading().verdict(lines)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}"
        return Verdict(state="broken", records=0, head=GENESIS, first_bad=Place(why=why))


class _Reading:
    def __init__(self) -> None:
        self.seq, self.head, self.sealed = 0, GENESIS, False

    def verdict(self, lines: Lines) -> Verdict:
        for text in lines:
            if not text.endswith(b"\n") and len(text) <= LONGEST_LINE:
                return self._torn(text)
            bad = self._take(text)
            if bad is not None:
                return self._broken(self._found_later(bad, lines))
        if not self.seq:
            return self._broken(Place(why="it holds no record"))
        return Verdict(state="sealed" if self.sealed else "unsealed", records=self.seq, head=self.head)

    def _broken(self, bad: Place) -> Verdict:
        return Verdict(state="broken", records=self.seq, head=self.head, first_bad=bad)

    def _torn(self, text: bytes) -> Verdict:
        number = self.seq + 1
        if self.sealed:
            return self._broken(Place(line=number, seq=number, why=f"line {number} was inserted after the seal"))
        if number == 1:
            return self._broken(Place(line=1, seq=1, why="it holds no record, only an unfinished line"))
        return Verdict(state="unsealed", records=self.seq, head=self.head, torn_bytes=len(text))

    def _take(self, text: bytes) -> Place | None:
        """Take the next line; return what is wrong with it."""
        number = self.seq + 1
        try:
            line = decode_line(text, number=number)
        except JournalError as error:
            return Place(line=number, seq=number, why=f"record {number} was changed: {error.message}")
        bad = self._out_of_place(line, number) or self._out_of_sense(line, number)
        if bad is None:
            self.seq, self.head = number, line.hash
            self.sealed = isinstance(line.record.event, Sealed)
        return bad

    def _out_of_place(self, line: Line, number: int) -> Place | None:
        seq = line.record.seq
        if self.sealed:
            return Place(line=number, seq=seq, why=f"record {seq} at line {number} was inserted after the seal")
        if seq > number:
            return Place(line=number, seq=number, why=f"record {number} was dropped: line {number} holds record {seq}")
        if seq < number:
            why = f"line {number} was inserted: it is a record {seq}, which there is already"
            return Place(line=number, seq=seq, why=why)
        if line.prev == self.head:
            return None
        before = number - 1
        if not before:
            return Place(line=1, seq=1, why="record 1 was changed: it follows on another record")
        why = f"record {before} was replaced: record {number} was written after a different one"
        return Place(line=before, seq=before, why=why)

    def _out_of_sense(self, line: Line, number: int) -> Place | None:
        event = line.record.event
        if (number == 1) != isinstance(event, RunStarted):
            why = "record 1 was replaced: a journal begins with RunStarted"
            again = f"record {number} was inserted: RunStarted is the first record only"
            return Place(line=number, seq=number, why=why if number == 1 else again)
        if isinstance(event, Sealed) and event.records != number:
            why = f"record {number} was replaced: it seals {event.records} records"
            return Place(line=number, seq=number, why=why)
        return None

    def _found_later(self, bad: Place, lines: Lines) -> Place:
        """Tell reordered from dropped: look for the missing record in what follows."""
        if " was dropped: " not in bad.why:
            return bad
        for line, text in enumerate(lines, start=bad.line + 1):
            if text.startswith(b'{"seq":%d,' % bad.seq):
                return Place(
                    line=bad.line, seq=bad.seq, why=f"record {bad.seq} was reordered: it stands at line {line}"
                )
        return bad
