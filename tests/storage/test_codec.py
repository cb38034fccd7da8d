import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import events as e
from console.core import observations as o
from console.core.errors import JournalError
from console.core.events import EVENT_TYPES, Record
from console.storage.codec import DEEPEST, GENESIS, LONGEST_LINE, chained, decode_line, encode_line
from tests.storage.events import NOON, started
from tests.storage.forging import body, forged, with_hash

ENVELOPE = {"seq", "at", "by", "prev", "hash", "type"}


def record(event: e.AnyEvent, *, seq: int = 1, by: str = "op1") -> Record:
    return Record(seq=seq, at=NOON, by=by, event=event)


def line(text: str = "hello") -> bytes:
    return encode_line(record(e.Noted(text=text)), prev=GENESIS)


def at(time: str) -> bytes:
    return forged(line(), b"2026-11-20T12:00:00Z", time.encode())


def nested(depth: int) -> bytes:
    """Return a record that is nested that deep; its brackets in strings are none."""
    value = b"[" * (depth - 1) + b"]" * (depth - 1)
    return forged(line("["), b'"text":', b'"more":' + value + b',"also":"[[\\"[[",' + b'"text":')


def test_a_record_is_flat_json_in_one_line() -> None:
    found = json.loads(line())
    assert found == {
        "seq": 1,
        "at": "2026-11-20T12:00:00Z",
        "by": "op1",
        "type": "Noted",
        "text": "hello",
        "prev": GENESIS,
        "hash": hashlib.sha256(body(line())).hexdigest(),
    }
    assert list(found) == ["seq", "at", "by", "type", "text", "prev", "hash"]


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_no_event_has_a_field_that_the_envelope_has(kind: type[o.Event]) -> None:
    assert not ENVELOPE & {field.encode_name for field in msgspec.structs.fields(kind)}


def test_the_first_record_comes_back_with_its_runbook() -> None:
    found = decode_line(encode_line(record(started()), prev=GENESIS))
    assert found.record.event == started()


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    elsewhere = datetime(2026, 11, 20, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    written = Record(seq=1, at=elsewhere, by="op1", event=e.Paused())
    found = decode_line(encode_line(written, prev=GENESIS)).record
    assert found.at == NOON
    assert found.at.tzinfo is UTC


@given(text=st.text(st.characters(exclude_categories=())), by=st.text(min_size=1))
def test_any_text_is_one_line_and_comes_back(text: str, by: str) -> None:
    """Whatever Unicode: NUL, line ends of all sorts, halves of surrogate pairs."""
    written = encode_line(record(e.Noted(text=text), by=by), prev=GENESIS)
    assert b"\n" not in written
    found = decode_line(written).record
    event = found.event
    assert isinstance(event, e.Noted)
    assert event.text == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert found.by == by


def test_half_a_surrogate_pair_becomes_the_replacement_character_at_any_depth() -> None:
    rows = (("a", "\ud800"), ("\udfff", "b"))
    written = encode_line(record(o.Sampled(step="s", columns=("x\ud801",), rows=rows)), prev=GENESIS)
    event = decode_line(written).record.event
    assert event == o.Sampled(
        step="s",
        columns=("x\N{REPLACEMENT CHARACTER}",),
        rows=(("a", "\N{REPLACEMENT CHARACTER}"), ("\N{REPLACEMENT CHARACTER}", "b")),
    )


@pytest.mark.parametrize("value", [0, -1, 2**63, 10**40, 1.5, "x", None, True, 1e300])
def test_any_baseline_comes_back(value: object) -> None:
    event = o.BaselineRecorded(step="s", value=value)
    assert decode_line(encode_line(record(event), prev=GENESIS)).record.event == event


@pytest.mark.parametrize("value", [object(), {1, object()}])
def test_a_value_that_json_has_no_word_for_is_a_clean_error(value: object) -> None:
    with pytest.raises(JournalError, match="BaselineRecorded holds a value that cannot be written down"):
        encode_line(record(o.BaselineRecorded(step="s", value=value)), prev=GENESIS)


def test_a_value_that_contains_itself_is_a_clean_error() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(JournalError, match="cannot be written down"):
        encode_line(record(o.BaselineRecorded(step="s", value=value)), prev=GENESIS)


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "line 7 is not a record"),
    "no JSON": (lambda: b"hello", "line 7 is not a record"),
    "half a record": (lambda: line()[:-20], "line 7 is not a record"),
    "another JSON": (lambda: b"[1, 2]", "line 7 is not a record: Expected `object`"),
    "no UTF-8": (lambda: line().replace(b"hello", b"h\xffllo"), "line 7 is not a record: it is not UTF-8"),
    "no seq": (lambda: with_hash(body(line()).replace(b'"seq":1,', b"")), "missing required field `seq`"),
    "no author": (lambda: with_hash(body(line()).replace(b'"by":"op1",', b"")), "missing required field `by`"),
    "no hash": (lambda: body(line()) + b"}", "missing required field `hash`"),
    "no text": (lambda: with_hash(body(line()).replace(b'"text":"hello",', b"")), "missing required field `text`"),
    "wrong type": (
        lambda: with_hash(body(line()).replace(b'"hello"', b"5")),
        r"Expected `str`, got `int` - at `\$.text`",
    ),
    "no such day": (lambda: with_hash(body(line()).replace(b"-11-20", b"-11-31")), "Invalid RFC3339"),
    "unknown event": (lambda: with_hash(body(line()).replace(b"Noted", b"Cooked")), "Invalid value 'Cooked'"),
    "too deep": (lambda: b'{"x":' + b"[" * 100_000, "line 7 is not a record: it is nested too deeply"),
    "too deep and closed": (
        lambda: line()[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "it is nested too deeply",
    ),
    "no time zone": (lambda: at("2026-11-20T12:00:00"), "with a timezone component"),
    "a year that no clock shows": (lambda: at("1969-12-31T23:59:59Z"), "no clock shows the year 1969"),
    "a year that is almost none": (lambda: at("0001-01-01T00:00:00+14:00"), "no clock shows the year 1"),
    "the last year": (lambda: at("9999-12-31T23:59:59-14:00"), "no clock shows the year 9999"),
    "a little too deep": (lambda: nested(DEEPEST + 1), "it is nested too deeply"),
    "too long": (lambda: b'"' + b"x" * LONGEST_LINE + b'"', "line 7 is longer than"),
    "changed": (lambda: line().replace(b"hello", b"jello"), "line 7 was altered: its hash is not that of its bytes"),
    "another hash": (lambda: line()[:-3] + b'0"}', "line 7 was altered"),
    "a hash that is none": (lambda: line()[:-66] + b'x"}', "line 7 was altered"),
    "something after the hash": (lambda: line()[:-1] + b',"more":1}', "line 7 was altered"),
    "a newer format": (
        lambda: encode_line(record(started(format=99)), prev=GENESIS),
        "line 7 is of format 99, this program reads 1",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_record_is_refused_with_its_line(case: str) -> None:
    make, message = BROKEN[case]
    with pytest.raises(JournalError, match=message) as refused:
        decode_line(make(), number=7)
    assert refused.value.remedy


def test_what_stands_in_strings_is_not_deep() -> None:
    assert decode_line(line("[" * 10_000 + '\\"{' * 10_000)).record.seq == 1
    assert decode_line(nested(DEEPEST)).record.seq == 1


def test_a_line_of_nothing_but_quotes_is_refused_at_once() -> None:
    """Looked through once, however often it seems to begin a string."""
    for text in (b'\\"', b'"', b"{", b'"[\\"'):
        with pytest.raises(JournalError):
            decode_line(b'{"x":' + b"[" * (DEEPEST - 1) + text * 1_000_000)


def test_a_record_of_another_place_does_not_fit_into_the_chain() -> None:
    with pytest.raises(JournalError, match="line 2 holds record 1"):
        chained(line(), number=2, prev=GENESIS)
    with pytest.raises(JournalError, match="line 1 does not follow on the record before it"):
        chained(line(), number=1, prev="f" * 64)
