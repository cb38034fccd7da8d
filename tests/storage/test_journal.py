import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.core import events as e
from console.core import observations as o
from console.core.errors import JournalError, JournalFull
from console.core.evolve import fold
from console.core.state import RunState
from console.storage.journal import Journal, Tail, read_records
from console.storage.verify import verify
from tests.storage.events import NOON, a_small_run, started, write

FILLED_UP = Path(__file__).with_name("filled_up.py")


def note(journal: Journal, text: str, *, durable: bool = True) -> e.Record:
    return journal.append(e.Noted(text=text), at=NOON, by="op1", durable=durable)


def texts(path: Path) -> list[str]:
    return [record.event.text for record in read_records(path) if isinstance(record.event, e.Noted)]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "journal.jsonl", e.Noted(text="one"), e.Noted(text="two"))


def test_a_journal_is_for_its_owner_alone(path: Path) -> None:
    assert mode(path) == 0o600


def test_a_journal_is_never_created_over_another(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(JournalError, match="there is a journal at"):
        Journal.create(path)
    assert path.read_bytes() == before


def test_the_fold_of_what_was_read_is_that_of_what_was_appended(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl")
    appended = [journal.append(event, at=NOON, by="op1") for event in (started(), *a_small_run())]
    state = fold(appended)
    assert isinstance(state, RunState)
    assert fold(journal.read()) == state
    assert [record.seq for record in appended] == list(range(1, 8))
    journal.close()


def test_what_append_returns_is_what_was_written_and_not_what_was_meant(path: Path) -> None:
    journal = Journal.open(path)
    record = note(journal, "half a pair \ud800")
    journal.close()
    assert record == list(read_records(path))[-1]


def test_an_opened_journal_goes_on_where_it_was(path: Path) -> None:
    journal = Journal.open(path)
    assert (journal.seq, journal.torn_bytes) == (3, 0)
    assert note(journal, "three").seq == 4
    journal.close()
    assert texts(path) == ["one", "two", "three"]
    assert verify(path).head == journal.head


@pytest.mark.parametrize("torn", [b"{", b'{"seq":4,"at":', b"\0" * 4096, b"x" * 70_000])
def test_an_unfinished_last_line_is_cut_and_counted(path: Path, torn: bytes) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert texts(path) == ["one", "two"]
    journal = Journal.open(path)
    assert journal.torn_bytes == len(torn)
    assert path.read_bytes() == whole
    note(journal, "three")
    journal.close()
    assert texts(path) == ["one", "two", "three"]


def test_a_last_line_cut_anywhere_is_cut_back_to_the_one_before(path: Path) -> None:
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        journal = Journal.open(path)
        journal.close()
        assert (journal.seq, journal.torn_bytes) == (2, end - start)
        assert path.read_bytes() == whole[:start]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_journal_that_was_altered_is_not_opened_and_not_changed(path: Path, number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b'"by":"op1"', b'"by":"op2"')
    path.write_bytes(b"".join(lines) + b"torn")
    before = path.read_bytes()
    with pytest.raises(JournalError, match=f"line {number} was altered"):
        Journal.open(path)
    with pytest.raises(JournalError, match=f"line {number} was altered"):
        list(read_records(path))
    assert path.read_bytes() == before


def test_what_cannot_be_opened_is_said_with_the_way_out(tmp_path: Path) -> None:
    for act in (Journal.open, lambda path: list(read_records(path)), Journal.create):
        with pytest.raises(JournalError, match="No such file or directory") as refused:
            act(tmp_path / "none" / "journal.jsonl")
        assert refused.value.remedy


def test_an_event_that_cannot_be_written_down_leaves_the_journal_as_it_was(path: Path) -> None:
    journal = Journal.open(path)
    with pytest.raises(JournalError):
        journal.append(o.BaselineRecorded(step="fill", value=object()), at=NOON, by="op1")
    assert note(journal, "three").seq == 4
    journal.close()
    assert texts(path) == ["one", "two", "three"]


def test_a_journal_that_was_deleted_under_way_is_not_written_to(path: Path) -> None:
    journal = Journal.open(path)
    path.unlink()
    with pytest.raises(JournalError, match="was moved or deleted while its run was under way"):
        note(journal, "three")
    journal.close()


def test_a_journal_that_was_moved_under_way_is_not_written_to_until_it_is_back(path: Path) -> None:
    journal = Journal.open(path)
    aside = path.rename(path.with_name("aside"))
    for _ in range(2):
        with pytest.raises(JournalError, match="was moved or deleted while its run was under way"):
            note(journal, "three")
        path.write_bytes(aside.read_bytes())  # a copy is not the file that is being written
    aside.replace(path)
    note(journal, "three")
    journal.close()
    assert texts(path) == ["one", "two", "three"]


def test_a_journal_that_somebody_else_wrote_to_is_not_written_to(path: Path) -> None:
    journal = Journal.open(path)
    with path.open("ab") as file:
        file.write(b"hello\n")
    with pytest.raises(JournalError, match="somebody else wrote to the journal"):
        note(journal, "three")
    journal.close()


def test_a_full_disk_leaves_whole_records_and_a_journal_that_goes_on(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond a limit that it lifts again."""
    path = tmp_path / "journal.jsonl"
    ran = subprocess.run([sys.executable, FILLED_UP, path], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    refused, durable, after = ran.stdout.splitlines()
    assert "no room for the next record" in refused
    assert "nothing was started — make room on that file system and try again" in refused
    found = texts(path)
    assert found == [*(f"note {number}" for number in range(int(durable))), "after"]
    assert verify(path).head == after


Fault = Callable[..., None]


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    """Let one function of os fail as often as said."""

    def arm(name: str, code: int, *, times: int = 1) -> None:
        real, left = getattr(os, name), [times]

        def failing(*arguments: object) -> object:
            if left[0]:
                left[0] -= 1
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        monkeypatch.setattr(os, name, failing)

    return arm


@pytest.mark.parametrize("name", ["write", "fdatasync", "ftruncate"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_failing_disk_is_told_and_survived(path: Path, fault: Fault, name: str, code: int, times: int) -> None:
    journal = Journal.open(path)
    note(journal, "thinned", durable=False)
    fault("fdatasync", code, times=1 if name == "ftruncate" else 0)
    fault(name, code, times=times)
    for _ in range(times if name != "ftruncate" else 1):
        with pytest.raises(JournalFull, match=os.strerror(code)) as refused:
            note(journal, "lost")
        assert refused.value.remedy
        assert texts(path) in (["one", "two", "thinned"], ["one", "two", "thinned", "lost"])
    while True:
        try:
            note(journal, "three")
        except JournalFull:
            continue
        break
    journal.close()
    assert texts(path) == ["one", "two", "thinned", "three"]
    assert verify(path).state == "unsealed"


@pytest.mark.parametrize("name", ["write", "fdatasync", "ftruncate"])
def test_what_somebody_else_wrote_after_a_failure_is_not_cut_off(path: Path, fault: Fault, name: str) -> None:
    journal = Journal.open(path)
    fault("fdatasync", errno.EIO, times=1 if name == "ftruncate" else 0)
    fault(name, errno.EIO)
    with pytest.raises(JournalFull):
        note(journal, "lost")
    with path.open("ab") as file:
        file.write(b"hello\n")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="somebody else wrote to the journal"):
        note(journal, "three")
    journal.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_journal_that_could_not_be_created_leaves_no_file(tmp_path: Path, fault: Fault, code: int) -> None:
    path = tmp_path / "journal.jsonl"
    fault("fsync", code)
    with pytest.raises(JournalError, match="cannot create the journal"):
        Journal.create(path)
    assert not path.exists()
    Journal.create(path).close()


def test_many_thinned_records_are_not_kept_in_memory_for_ever(path: Path) -> None:
    journal = Journal.open(path)
    for number in range(2000):
        note(journal, str(number), durable=False)
    assert len(journal._unsynced) < 128 * 1024
    journal.close()
    assert len(texts(path)) == 2002


def test_a_tail_returns_only_what_is_new_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = Tail(path)
    assert tail.read() == ()
    journal = Journal.create(path)
    assert tail.read() == ()
    journal.append(started(), at=NOON, by="op1")
    note(journal, "one")
    assert [record.seq for record in tail.read()] == [1, 2]
    with path.open("ab") as file:
        file.write(b'{"seq":3,')
    assert tail.read() == ()
    journal.close()
    journal = Journal.open(path)
    note(journal, "three")
    assert [record.seq for record in tail.read()] == [3]
    assert tail.read() == ()
    journal.close()


def test_a_tail_does_not_take_what_does_not_follow(path: Path) -> None:
    tail = Tail(path)
    assert len(tail.read()) == 3
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[2])
    with pytest.raises(JournalError, match="line 4 holds record 3"):
        tail.read()


def test_lines_are_given_whole_from_any_place(path: Path) -> None:
    content = path.read_bytes()
    journal = Journal.open(path)
    for size in (1, 100, 10_000_000):
        given, found = 0, b""
        while chunk := journal.lines(given, size):
            assert chunk.endswith(b"\n")
            found, given = found + chunk, given + len(chunk)
        assert found == content
    journal.close()
