import json
from pathlib import Path

import pytest

from console.core import events as e
from console.storage.codec import GENESIS
from console.storage.verify import Anchor, verify
from tests.storage.events import a_small_run, started, write
from tests.storage.forging import forged, hash_of

SEAL = e.Sealed(records=8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a sealed journal of eight records."""
    return write(tmp_path / "journal.jsonl", *a_small_run(), SEAL)


@pytest.fixture
def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def altered(path: Path, lines: list[bytes]) -> tuple[str, int, str]:
    """Write these lines and return the state, the record and the reason."""
    path.write_bytes(b"".join(lines))
    verdict = verify(path)
    return verdict.state, verdict.first_bad.seq, verdict.first_bad.why


def test_a_sealed_journal_is_whole(path: Path) -> None:
    verdict = verify(path)
    last = json.loads(path.read_bytes().splitlines()[-1])
    assert (verdict.state, verdict.records, verdict.head) == ("sealed", 8, last["hash"])
    assert verdict.words == (
        "sealed: all 8 records are as they were written; "
        "whether the whole file was written anew, only its target knows (--on)"
    )


def test_a_journal_without_a_seal_says_what_cannot_be_known(path: Path, lines: list[bytes]) -> None:
    assert altered(path, lines[:-1]) == ("unsealed", 0, "")
    assert verify(path).words == (
        "unsealed: 7 records are as they were written; a dropped end of an unsealed file cannot be known; "
        "whether the whole file was written anew, only its target knows (--on)"
    )


def test_an_unfinished_last_line_is_told(path: Path, lines: list[bytes]) -> None:
    assert altered(path, [*lines[:5], lines[5][:-1]]) == ("unsealed", 0, "")
    verdict = verify(path)
    assert (verdict.records, verdict.torn_bytes) == (5, len(lines[5]) - 1)
    assert f"then an unfinished line of {len(lines[5]) - 1} bytes" in verdict.words


@pytest.mark.parametrize("number", range(1, 9))
def test_a_flipped_bit_anywhere_names_the_record(path: Path, lines: list[bytes], number: int) -> None:
    """Every byte of every line but the end of the last one, which makes an unfinished line."""
    line = lines[number - 1]
    step = max(1, len(line) // 60)
    for place in {*range(0, len(line) - 1, step), *range(len(line) - 80, len(line) - (number == 8))}:
        flipped = line[:place] + bytes([line[place] ^ 0x01]) + line[place + 1 :]
        state, seq, why = altered(path, [*lines[: number - 1], flipped, *lines[number:]])
        assert (state, seq) == ("broken", number), f"byte {place}"
        assert why.startswith(f"record {number} was changed: line {number} "), f"byte {place}"


@pytest.mark.parametrize("number", range(1, 8))
def test_a_dropped_record_is_named(path: Path, lines: list[bytes], number: int) -> None:
    state, seq, why = altered(path, lines[: number - 1] + lines[number:])
    assert (state, seq) == ("broken", number)
    assert why == f"record {number} was dropped: line {number} holds record {number + 1}"


@pytest.mark.parametrize("number", range(1, 8))
def test_reordered_records_are_named(path: Path, lines: list[bytes], number: int) -> None:
    swapped = [*lines[: number - 1], lines[number], lines[number - 1], *lines[number + 1 :]]
    assert altered(path, swapped) == (
        "broken",
        number,
        f"record {number} was reordered: it stands at line {number + 1}",
    )


@pytest.mark.parametrize("number", range(2, 8))
def test_an_inserted_record_is_named(path: Path, lines: list[bytes], number: int) -> None:
    state, seq, why = altered(path, [*lines[:number], lines[number - 1], *lines[number:]])
    assert (state, seq) == ("broken", number)
    assert why == f"line {number + 1} was inserted: it is a record {number}, which there is already"


def test_a_record_after_the_seal_is_named(path: Path, lines: list[bytes]) -> None:
    head = json.loads(lines[-1])["hash"].encode()
    prev = json.loads(lines[3])["prev"].encode()
    more = forged(lines[3].replace(prev, head), b'"seq":4', b'"seq":9')
    assert altered(path, [*lines, more]) == ("broken", 9, "record 9 at line 9 was inserted after the seal")
    assert altered(path, [*lines, b"x"]) == ("broken", 9, "line 9 was inserted after the seal")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_record_that_was_replaced_with_a_hash_that_fits_is_named(path: Path, lines: list[bytes], number: int) -> None:
    lines[number - 1] = forged(lines[number - 1], b'"by":"op1"', b'"by":"op2"')
    assert altered(path, lines) == (
        "broken",
        number,
        f"record {number} was replaced: record {number + 1} was written after a different one",
    )


def test_a_seal_over_another_number_of_records_is_named(path: Path, lines: list[bytes]) -> None:
    lines[7] = forged(lines[7], b'"records":8', b'"records":9')
    assert altered(path, lines) == ("broken", 8, "record 8 was replaced: it seals 9 records")


def test_a_first_record_that_follows_on_another_is_named(path: Path, lines: list[bytes]) -> None:
    lines[0] = forged(lines[0], GENESIS.encode(), b"1" * 64)
    assert altered(path, lines)[:2] == ("broken", 1)


def test_a_journal_that_begins_otherwise_is_named(tmp_path: Path, path: Path, lines: list[bytes]) -> None:
    first = forged(lines[1], b'"seq":2', b'"seq":1')
    first = forged(first, json.loads(lines[0])["hash"].encode(), GENESIS.encode())
    assert altered(path, [first]) == ("broken", 1, "record 1 was replaced: a journal begins with RunStarted")
    twice = write(tmp_path / "twice.jsonl", started())
    assert verify(twice).first_bad.why == "record 2 was inserted: RunStarted is the first record only"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it holds no record"),
        (b"hello", "it holds no record, only an unfinished line"),
        (b"hello\n", "record 1 was changed: line 1 is not a record: JSON is malformed: invalid character (byte 0)"),
        (b"\0" * 100 + b"\n", "record 1 was changed: line 1 is not a record: JSON is malformed"),
        (b"\n", "record 1 was changed: line 1 is not a record: Input data was truncated"),
    ],
)
def test_what_is_no_journal_is_broken_in_words(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    verdict = verify(path)
    assert (verdict.state, verdict.records) == ("broken", 0)
    assert verdict.first_bad.why.startswith(why)
    assert verdict.words.startswith("broken: ")


def test_what_cannot_be_read_is_broken_in_words(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        verdict = verify(path)
        assert verdict.state == "broken"
        assert "cannot be read" in verdict.words


def signed(path: Path, head: str) -> Path:
    """Write a journal whose third record is a signature over that head."""
    return write(path, e.Noted(text="one"), e.SignedOff(step="look", role="dba", head=head), e.Noted(text="two"))


def test_a_signature_says_up_to_where_it_was_given(tmp_path: Path) -> None:
    before = write(tmp_path / "before.jsonl", e.Noted(text="one"))
    for number, line in enumerate(before.read_bytes().splitlines(), start=1):
        path = signed(tmp_path / f"signed-{number}.jsonl", json.loads(line)["hash"])
        assert verify(path).words.startswith(f"unsealed, signed up to record {number}: 4 records")


@pytest.mark.parametrize("head", ["f" * 64, "no hash", "0" * 63, "Ü"])
def test_a_signature_over_what_is_not_in_the_journal_is_named(tmp_path: Path, head: str) -> None:
    verdict = verify(signed(tmp_path / "signed.jsonl", head))
    assert (verdict.state, verdict.first_bad.seq) == ("broken", 3)
    assert verdict.words == "broken: record 3 was replaced: it signs a record that is not in this journal"


def test_a_seal_over_a_run_that_has_not_ended_is_named(tmp_path: Path) -> None:
    verdict = verify(write(tmp_path / "journal.jsonl", e.Noted(text="one"), e.Sealed(records=3)))
    assert verdict.words == "broken: record 3 was inserted: it seals a run that has not ended"


@pytest.mark.parametrize("known", range(1, 9))
def test_the_last_record_that_is_known_outside_is_said(path: Path, lines: list[bytes], known: int) -> None:
    anchors = [Anchor(head=hash_of(line), known_by="somebody") for line in (lines[0], lines[known - 1], lines[0])]
    verdict = verify(path, anchors=anchors)
    assert (verdict.state, verdict.anchored) == ("sealed", known)
    assert verdict.words.startswith(f"sealed, anchored up to record {known}: all 8 records")
    assert ("may have been written anew" in verdict.words) == (known < 8)


def test_what_is_known_outside_and_not_in_the_file_breaks_it(path: Path, lines: list[bytes]) -> None:
    anchors = [Anchor(head=hash_of(lines[2]), known_by="ann"), Anchor(head="f" * 64, known_by="bob")]
    verdict = verify(path, anchors=anchors)
    assert (verdict.state, verdict.first_bad.seq, verdict.anchored) == ("broken", 4, 3)
    assert verdict.words == (
        "broken: bob knows a record that is not in this journal: "
        "record 4 or a later one was written anew, or the end was dropped"
    )


def test_a_seal_with_another_hash_is_sealed_but_not_known_outside(path: Path, lines: list[bytes]) -> None:
    """Nothing follows on the last record: only who kept its hash can tell."""
    path.write_bytes(b"".join([*lines[:7], forged(lines[7], b'"by":"op1"', b'"by":"op2"')]))
    assert verify(path).state == "sealed"
    assert verify(path, anchors=[Anchor(head=hash_of(lines[7]), known_by="ann")]).state == "broken"
