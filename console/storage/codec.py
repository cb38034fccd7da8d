"""A record as one line of bytes, and back. Rule: a line is believed only when its hash is that of its bytes."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO

import msgspec
from msgspec import Meta, Struct

from console.core.errors import JournalError
from console.core.events import FORMAT, AnyEvent, Record

GENESIS = "0" * 64
"""What the first record follows on."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; the first record holds the whole runbook, and nothing is ever longer than that."""

DEEPEST = 64
"""Objects and lists inside each other: twice what a runbook may have, far below what any reader of it can follow."""

_YEARS = range(1970, 7000)
"""Beyond these, sums of a time and a length have no date."""

_TAIL = len(b',"hash":""}') + 64
_REMEDY = "keep the file as it is and ask `runbook verify` which record is the first that was altered"


class Line(Struct, frozen=True, kw_only=True):
    """A decoded line: the record, the hash it follows on and its own."""

    record: Record
    prev: str
    hash: str


class _Envelope(Struct, frozen=True):
    seq: int
    at: Annotated[datetime, Meta(tz=True)]
    by: str
    type: str
    prev: str
    hash: str
    format: int | None = None


_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}

_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(record: Record, *, prev: str) -> Line:
    """Encode a record as it will be read: use `line.record` from then on. Raises JournalError when it has no JSON."""
    return decode_line(encode_line(record, prev=prev), number=record.seq)


def encode_line(record: Record, *, prev: str) -> bytes:
    """Return the line of a record without its newline. Raises JournalError for values that JSON has no word for.

    Halves of surrogate pairs become the replacement character: UTF-8 has no bytes for them.
    """
    try:
        event = _encode(record.event)
        head = _encode({"seq": record.seq, "at": record.at.astimezone(UTC), "by": record.by})
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        name = type(record.event).__name__
        raise JournalError(f"{name} holds a value that cannot be written down: {error}") from error
    body = b"".join((head[:-1], b",", event[1:-1], b',"prev":"', prev.encode("ascii"), b'"'))
    return body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode("ascii") + b'"}'


def _encode(value: Any) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(value)))


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_surrogates(each) for each in value]
        case _:
            return value


def decode_line(line: bytes, *, number: int | None = None) -> Line:
    """Decode a line, with or without its newline; `number` is its place in the file, for the message.

    Raises JournalError when it is too long, is no record of this format, or its hash is not that of its bytes.
    """
    line = line.removesuffix(b"\n")
    where = "the record" if number is None else f"line {number}"
    if len(line) > LONGEST_LINE:
        raise JournalError(f"{where} is longer than {LONGEST_LINE} bytes", remedy=_REMEDY)
    if _too_deep(line):
        raise JournalError(f"{where} is not a record: it is nested too deeply", remedy=_REMEDY)
    try:
        envelope = _envelopes.decode(line)
        if envelope.format is not None and envelope.format > FORMAT:
            raise JournalError(
                f"{where} is of format {envelope.format}, this program reads {FORMAT}",
                remedy="use the version of Runbook Console that wrote it, or a later one",
            )
        event = _events.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JournalError(f"{where} is not a record: {_reason(error)}", remedy=_REMEDY) from error
    if hashlib.sha256(line[:-_TAIL]).hexdigest() != envelope.hash or not line.endswith(
        b',"hash":"' + envelope.hash.encode() + b'"}'
    ):
        raise JournalError(f"{where} was altered: its hash is not that of its bytes", remedy=_REMEDY)
    if envelope.at.year not in _YEARS:
        raise JournalError(f"{where} is not a record: no clock shows the year {envelope.at.year}", remedy=_REMEDY)
    record = Record(seq=envelope.seq, at=envelope.at.astimezone(UTC), by=envelope.by, event=event)
    return Line(record=record, prev=envelope.prev, hash=envelope.hash)


def _too_deep(line: bytes) -> bool:
    """Tell whether anything is nested deeper than any record is; what stands in strings does not count."""
    if line.count(b"{") + line.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(line):
        depth += _STEP.get(line[found.start()], 0)
        if depth > DEEPEST:
            return True
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def chained(line: bytes, *, number: int, prev: str) -> Line:
    """Decode the line of that number and see that it follows on `prev`. Raises JournalError when it does not."""
    found = decode_line(line, number=number)
    if found.record.seq != number:
        raise JournalError(f"line {number} holds record {found.record.seq}", remedy=_REMEDY)
    if found.prev != prev:
        raise JournalError(f"line {number} does not follow on the record before it", remedy=_REMEDY)
    return found


def whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file that end in a newline, with it; what follows the last one is not yielded.

    Raises JournalError when a line is longer than any record.
    """
    while line := file.readline(LONGEST_LINE + 2):
        if not line.endswith(b"\n"):
            if len(line) > LONGEST_LINE:
                raise JournalError(f"{file.name} has a line longer than {LONGEST_LINE} bytes", remedy=_REMEDY)
            return
        yield line
