"""Whether a journal is as it was written. Rule: says what can be known, in words for people, and never raises."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from console.core.changed import AmendmentApproved
from console.core.errors import JournalError
from console.core.events import AnyEvent, RunAborted, RunFinished, RunStarted, Sealed, SignedOff
from console.storage import plain_files
from console.storage.codec import GENESIS, LONGEST_LINE, Line, decode_line

State = Literal["sealed", "unsealed", "broken"]
Lines = Iterator[bytes]


class Place(Struct, frozen=True, kw_only=True):
    """The first record that is not as it was written; line 0 when there is none."""

    line: int = 0
    seq: int = 0
    why: str = ""


class Anchor(Struct, frozen=True, kw_only=True):
    """The hash of a record that is known outside of the journal: whoever alters the file does not alter that."""

    head: str
    known_by: str
    """By whom, in words: `the ledger's row of step fill`."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What is known of a journal. `records` are those that are whole, `head` is the hash of the last of them."""

    state: State
    records: int
    head: str
    first_bad: Place = Place()
    torn_bytes: int = 0
    """Length of an unfinished last line."""
    signed: int = 0
    """The last record that a signature in the file stands over; whoever writes the file anew writes that anew too."""
    anchored: int | None = None
    """The last record that is known outside of the file; None when nobody outside was asked."""

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        match self.state:
            case "sealed":
                return f"sealed{self._anchor}: all {self.records} records are as they were written{self._anew}"
            case "broken":
                return f"broken: {self.first_bad.why}"
            case "unsealed":
                torn = f", then an unfinished line of {self.torn_bytes} bytes" if self.torn_bytes else ""
                dropped = f"an end dropped after record {self.anchored}" if self.anchored else "a dropped end"
                return (
                    f"unsealed{self._anchor}: {self.records} records are as they were written{torn}; "
                    f"{dropped} of an unsealed file cannot be known{self._anew}"
                )

    @property
    def _anchor(self) -> str:
        if self.anchored is None:
            return f", signed up to record {self.signed}" if self.signed else ""
        return f", anchored up to record {self.anchored}" if self.anchored else ", not anchored"

    @property
    def _anew(self) -> str:
        """What a chain cannot know of itself."""
        if self.anchored is None:
            return "; whether the whole file was written anew, only its target knows (--on)"
        if not self.anchored:
            return "; its target knows none of them: the whole file may have been written anew"
        return f"; those after {self.anchored} may have been written anew" if self.anchored < self.records else ""


def verify(path: Path, *, anchors: Iterable[Anchor] | None = None) -> Verdict:
    """Read a journal to its end or to the first record that is not as it was written.

    `anchors` are what was found outside of the file, read before it: a run under way goes on meanwhile. None: nobody
    was asked.
    """
    reading = _Reading(() if anchors is None else anchors)
    try:
        with plain_files.opened(path) as file:
            verdict = reading.verdict(iter(lambda: file.readline(LONGEST_LINE + 2), b""))
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}"
        return Verdict(state="broken", records=0, head=GENESIS, first_bad=Place(why=why))
    return verdict if anchors is None else reading.held_against_anchors(verdict)


class _Reading:
    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.seq, self.head, self.sealed = 0, GENESIS, False
        self._ended, self._signed, self._anchored = False, 0, 0
        self._sought = {anchor.head: anchor for anchor in anchors}
        self._hashes = bytearray()
        """Of all records, 32 bytes each."""

    def verdict(self, lines: Lines) -> Verdict:
        for text in lines:
            if not text.endswith(b"\n") and len(text) <= LONGEST_LINE:
                return self._torn(text)
            bad = self._take(text, lines)
            if bad is not None:
                return self._broken(bad)
        if not self.seq:
            return self._broken(Place(why="it holds no record"))
        return self._said("sealed" if self.sealed else "unsealed")

    def held_against_anchors(self, verdict: Verdict) -> Verdict:
        """Say how far the file is known outside of it; what is known outside and not in a whole file breaks it."""
        lost = [anchor.known_by for anchor in self._sought.values()]
        if verdict.state != "broken" and lost:
            others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            after = f"record {self._anchored + 1} or a later one" if self._anchored else "every record"
            why = (
                f"{lost[0]}{others} knows a record that is not in this journal: {after} was written anew, "
                "or the end was dropped"
            )
            verdict = self._broken(Place(line=self._anchored + 1, seq=self._anchored + 1, why=why))
        return replace(verdict, anchored=self._anchored)

    def _said(self, state: State, *, first_bad: Place | None = None, torn_bytes: int = 0) -> Verdict:
        return Verdict(
            state=state,
            records=self.seq,
            head=self.head,
            first_bad=first_bad or Place(),
            torn_bytes=torn_bytes,
            signed=self._signed,
        )

    def _broken(self, bad: Place) -> Verdict:
        return self._said("broken", first_bad=bad)

    def _torn(self, text: bytes) -> Verdict:
        number = self.seq + 1
        if self.sealed:
            return self._broken(Place(line=number, seq=number, why=f"line {number} was inserted after the seal"))
        if number == 1:
            return self._broken(Place(line=1, seq=1, why="it holds no record, only an unfinished line"))
        return self._said("unsealed", torn_bytes=len(text))

    def _take(self, text: bytes, later: Lines) -> Place | None:
        """Take the next line; return what is wrong with it."""
        number = self.seq + 1
        try:
            line = decode_line(text, number=number)
        except JournalError as error:
            return Place(line=number, seq=number, why=f"record {number} was changed: {error.message}")
        bad = self._out_of_place(line, number, later) or self._out_of_sense(line.record.event, number)
        if bad is None:
            self.seq, self.head = number, line.hash
            self._known(line)
        return bad

    def _known(self, line: Line) -> None:
        """Remember what later records and the world outside may refer to."""
        event = line.record.event
        self.sealed, self._ended = isinstance(event, Sealed), self._ended or isinstance(event, RunFinished | RunAborted)
        self._hashes += bytes.fromhex(line.hash)
        if self._sought.pop(line.hash, None):
            self._anchored = self.seq

    def _out_of_place(self, line: Line, number: int, later: Lines) -> Place | None:
        seq = line.record.seq
        if self.sealed:
            return Place(line=number, seq=seq, why=f"record {seq} at line {number} was inserted after the seal")
        if seq > number:
            return _gone(number, holds=seq, later=later)
        if seq < number:
            why = f"line {number} was inserted: it is a record {seq}, which there is already"
            return Place(line=number, seq=seq, why=why)
        return None if line.prev == self.head else self._unchained(line, number, later)

    def _unchained(self, line: Line, number: int, later: Lines) -> Place:
        """Tell which of two neighbours is the stranger: the one that the next line follows on is none."""
        after = _decoded(next(later, b""))
        if after is not None and after.record.seq == number and after.prev == self.head:
            why = f"line {number} was inserted: record {number} stands at line {number + 1}"
            return Place(line=number, seq=number, why=why)
        if number == 1:
            return Place(line=1, seq=1, why="record 1 was changed: it follows on another record")
        if after is not None and after.prev != line.hash:
            why = f"record {number} was replaced: it does not follow on record {number - 1}, nor the next one on it"
            return Place(line=number, seq=number, why=why)
        before = number - 1
        why = f"record {before} was replaced: record {number} was written after a different one"
        return Place(line=before, seq=before, why=why)

    def _out_of_sense(self, event: AnyEvent, number: int) -> Place | None:
        why = ""
        match event:
            case RunStarted() if number > 1:
                why = f"record {number} was inserted: RunStarted is the first record only"
            case _ if number == 1 and not isinstance(event, RunStarted):
                why = "record 1 was replaced: a journal begins with RunStarted"
            case Sealed(records=records) if records != number:
                why = f"record {number} was replaced: it seals {records} records"
            case Sealed() if not self._ended:
                why = f"record {number} was inserted: it seals a run that has not ended"
            case SignedOff(head=head) | AmendmentApproved(head=head) if head:
                self._signed = self._place(head)
                if not self._signed:
                    why = f"record {number} was replaced: it signs a record that is not in this journal"
            case _:
                return None
        return Place(line=number, seq=number, why=why) if why else None

    def _place(self, head: str) -> int:
        """Return the number of the record that has this hash; 0 when none has."""
        try:
            found = self._hashes.find(bytes.fromhex(head))
        except ValueError:
            return 0
        return found // 32 + 1 if found >= 0 and found % 32 == 0 else 0


def _gone(number: int, *, holds: int, later: Lines) -> Place:
    """Tell reordered from dropped: look for the missing record in what follows."""
    why = f"record {number} was dropped: line {number} holds record {holds}"
    for line, text in enumerate(later, start=number + 1):
        if text.startswith(b'{"seq":%d,' % number):
            why = f"record {number} was reordered: it stands at line {line}"
            break
    return Place(line=number, seq=number, why=why)


def _decoded(text: bytes) -> Line | None:
    try:
        return decode_line(text)
    except JournalError:
        return None
