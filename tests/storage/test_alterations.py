"""A journal of a real run, altered in every place: verify names the first bad record, or says what cannot be known."""

import os
from pathlib import Path

import pytest
from msgspec import json

from console.storage.codec import GENESIS
from console.storage.verify import Verdict, verify
from tests.journals import KEPT
from tests.storage.forging import changed, rechained

WHOLE = (KEPT / "forward.jsonl").read_bytes()
LINES = WHOLE.splitlines(keepends=True)
OTHERS = rechained([changed(line, run="other") for line in (KEPT / "settled.jsonl").read_bytes().splitlines()])
SIGNED = next(number for number, line in enumerate(LINES, start=1) if b'"type":"SignedOff"' in line)
NUMBERS = range(1, len(LINES) + 1)
ALL_BITS = [1, 2, 4, 8, 16, 32, 64, 128, 0xFF, 0x21]
SAMPLE = 5
"""One place in so many is altered on every day; all of them by `make soak`."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(WHOLE)
    return path


def verdict(path: Path, lines: list[bytes]) -> Verdict:
    """Write these lines and ask; no file but the whole one is sealed and broken is never said without a record."""
    path.write_bytes(b"".join(lines))
    found = verify(path)
    assert found.words
    assert found.state != "sealed"
    assert (found.first_bad.seq > 0) == (found.state == "broken")
    return found


def flip(path: Path, places: range, *patterns: int) -> int:
    """Change one byte after the other; return how often."""
    numbers = [number for number, line in enumerate(LINES, start=1) for _ in line]
    fd, asked = os.open(path, os.O_WRONLY), 0
    for place in places:
        for pattern in patterns or (1 << place % 8,):
            os.pwrite(fd, bytes([WHOLE[place] ^ pattern]), place)
            found, asked = verify(path), asked + 1
            if place == len(WHOLE) - 1:  # without its newline the last record is an unfinished line
                assert (found.state, found.records) == ("unsealed", len(LINES) - 1)
                assert found.torn_bytes == len(LINES[-1])
            else:
                assert (found.state, found.first_bad.seq) == ("broken", numbers[place]), f"byte {place} ^ {pattern}"
        os.pwrite(fd, WHOLE[place : place + 1], place)
    os.close(fd)
    assert verify(path).state == "sealed"
    return asked


def cut(path: Path, sizes: range) -> None:
    """Cut the file shorter and shorter."""
    ends = [sum(map(len, LINES[:number])) for number in range(len(LINES) + 1)]
    for size in sizes:
        os.truncate(path, size)
        found = verify(path)
        whole = max(number for number, end in enumerate(ends) if end <= size)
        if whole == 0:
            assert (found.state, found.records) == ("broken", 0)
        else:
            assert (found.state, found.records, found.torn_bytes) == ("unsealed", whole, size - ends[whole])
            assert "a dropped end of an unsealed file cannot be known" in found.words


def insert(path: Path, number: int, strangers: list[bytes]) -> None:
    """Insert another run's records: as they are, numbered for the place, and chained to the record before it."""
    head = json.decode(LINES[number - 2])["hash"] if number > 1 else GENESIS
    for stranger in strangers:
        for inserted in (stranger, changed(stranger, seq=number), changed(stranger, seq=number, prev=head)):
            found = verdict(path, [*LINES[: number - 1], inserted, *LINES[number - 1 :]])
            assert found.state == "broken"
            assert found.first_bad.line in (number, number + 1)


def replace(path: Path, number: int, strangers: list[bytes]) -> None:
    """Put another run's records in the place of one."""
    for stranger in strangers:
        found = verdict(path, [*LINES[: number - 1], changed(stranger, seq=number), *LINES[number:]])
        assert found.state == "broken"
        assert found.first_bad.seq in ({number} if number < len(LINES) else {number, number - 1})


def test_the_journal_is_whole(path: Path) -> None:
    assert verify(path).state == "sealed"


def test_a_byte_flipped_anywhere_is_named_by_its_record(path: Path) -> None:
    flip(path, range(len(WHOLE) - 1, -1, -SAMPLE))


@pytest.mark.soak
def test_every_bit_of_every_byte_flipped_is_named_by_its_record(path: Path) -> None:
    assert flip(path, range(len(WHOLE)), *ALL_BITS) == len(WHOLE) * len(ALL_BITS)


def test_any_length_is_what_is_left_and_never_sealed(path: Path) -> None:
    cut(path, range(len(WHOLE) - 1, -1, -SAMPLE))


@pytest.mark.soak
def test_every_length_is_what_is_left_and_never_sealed(path: Path) -> None:
    cut(path, range(len(WHOLE) - 1, -1, -1))


@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_every_record_dropped_is_named(path: Path, number: int) -> None:
    found = verdict(path, LINES[: number - 1] + LINES[number:])
    assert (found.state, found.first_bad.seq) == ("broken", number)
    assert f"record {number} was dropped" in found.words


def test_the_last_record_dropped_cannot_be_known(path: Path) -> None:
    found = verdict(path, LINES[:-1])
    assert (found.state, found.records) == ("unsealed", len(LINES) - 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_record_duplicated_is_named(path: Path, number: int) -> None:
    found = verdict(path, [*LINES[:number], *LINES[number - 1 :]])
    assert (found.first_bad.line, found.first_bad.seq) == (number + 1, number)
    assert " was inserted" in found.words


@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_every_record_swapped_with_the_next_is_named(path: Path, number: int) -> None:
    found = verdict(path, [*LINES[: number - 1], LINES[number], LINES[number - 1], *LINES[number + 1 :]])
    assert found.first_bad.seq == number
    assert f"record {number} was reordered: it stands at line {number + 1}" in found.words


@pytest.mark.parametrize("number", NUMBERS)
def test_another_runs_record_at_any_line_is_named(path: Path, number: int) -> None:
    strangers = [OTHERS[0], OTHERS[number % len(OTHERS)]]
    insert(path, number, strangers)
    replace(path, number, strangers)


@pytest.mark.soak
@pytest.mark.parametrize("number", NUMBERS)
def test_every_record_of_another_run_at_every_line_is_named(path: Path, number: int) -> None:
    insert(path, number, OTHERS)
    replace(path, number, OTHERS)


@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_every_record_altered_with_a_hash_that_fits_is_named(path: Path, number: int) -> None:
    altered = changed(LINES[number - 1], by="mallory")
    found = verdict(path, [*LINES[: number - 1], altered, *LINES[number:]])
    assert (found.state, found.first_bad.seq) == ("broken", number)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_chain_made_anew_from_any_record_on_is_what_no_chain_can_know(path: Path, number: int) -> None:
    """The one thing that a file cannot tell of itself, and it says so."""
    lines = [*LINES[: number - 1], changed(LINES[number - 1], at="2026-03-14T01:00:59Z"), *LINES[number:]]
    path.write_bytes(b"".join(rechained(lines, was=LINES)))
    found = verify(path)
    assert found.state == "sealed"
    assert "whether the whole file was written anew, only its target knows (--on)" in found.words


@pytest.mark.parametrize("number", [number for number in NUMBERS if number < SIGNED])
def test_a_chain_made_anew_below_a_signature_is_named_by_the_signature(path: Path, number: int) -> None:
    """Whoever forgets that signatures stand over the chain."""
    lines = [*LINES[: number - 1], changed(LINES[number - 1], at="2026-03-14T01:00:59Z"), *LINES[number:]]
    found = verdict(path, rechained([each.replace(b'"hash":"', b'"hash":"f') for each in lines]))
    assert found.first_bad.seq == SIGNED
    assert f"record {SIGNED} was replaced: it signs a record that is not in this journal" in found.words
