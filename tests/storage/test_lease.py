import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console.core.errors import GateError, JournalError
from console.storage.lease import NAME, Holder, RunLease, _unusable, held_by
from tests.storage.events import NOON

HOLDER = Path(__file__).with_name("lease_holder.py")
MINE = Holder(pid=os.getpid(), host="here", account="op1", since=NOON)


def process(folder: Path) -> subprocess.Popen[str]:
    """Start a process that tries to take the lease."""
    return subprocess.Popen([sys.executable, HOLDER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def test_a_lease_names_its_holder(tmp_path: Path) -> None:
    assert held_by(tmp_path) is None
    lease = RunLease.acquire(tmp_path, holder=MINE)
    assert held_by(tmp_path) == MINE
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    lease.release()
    assert held_by(tmp_path) is None


def test_a_lease_is_refused_with_the_name_of_who_holds_it(tmp_path: Path) -> None:
    lease = RunLease.acquire(tmp_path, holder=MINE)
    with pytest.raises(GateError, match=f"an engine is at this run already: op1, process {os.getpid()} on here"):
        RunLease.acquire(tmp_path, holder=Holder(pid=1, host="there", account="op2", since=NOON))
    assert held_by(tmp_path) == MINE
    lease.release()
    lease.release()
    RunLease.acquire(tmp_path, holder=MINE).release()


def test_of_two_processes_that_race_for_a_lease_one_gets_it(tmp_path: Path) -> None:
    for _ in range(5):
        both = [process(tmp_path), process(tmp_path)]
        words = sorted(said(each) for each in both)
        assert words[0].startswith("held by ")
        assert words[1].startswith("took it ")
        assert words[0].removeprefix("held by ") == words[1].removeprefix("took it ")
        for each in both:
            each.communicate("let go\n")
        assert held_by(tmp_path) is None


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    holder = process(tmp_path)
    assert said(holder).startswith("took it")
    found = held_by(tmp_path)
    assert found is not None
    assert found.pid == holder.pid
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert held_by(tmp_path) is None
    RunLease.acquire(tmp_path, holder=MINE).release()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff", b'{"pid": "x"}', b"[]" * 10_000])
def test_a_holder_that_cannot_be_read_still_holds(tmp_path: Path, content: bytes) -> None:
    lease = RunLease.acquire(tmp_path, holder=MINE)
    (tmp_path / NAME).write_bytes(content)
    found = held_by(tmp_path)
    assert found is not None
    assert found.pid == 0
    with pytest.raises(GateError, match="another process"):
        RunLease.acquire(tmp_path, holder=MINE)
    lease.release()


def test_looking_at_a_lease_never_keeps_an_engine_from_taking_it(tmp_path: Path) -> None:
    RunLease.acquire(tmp_path, holder=MINE).release()
    looking = subprocess.Popen([sys.executable, HOLDER, tmp_path, "look"], stdout=subprocess.PIPE, text=True)
    assert said(looking) == "looking"
    for _ in range(200):
        RunLease.acquire(tmp_path, holder=MINE).release()
    looking.kill()
    looking.communicate()


def test_who_only_reads_a_lease_and_locks_it_is_told_from_an_engine(tmp_path: Path) -> None:
    RunLease.acquire(tmp_path, holder=MINE).release()
    with (tmp_path / NAME).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert held_by(tmp_path) is None
        with pytest.raises(GateError, match="keeps it locked, though no engine is at this run — end that process"):
            RunLease.acquire(tmp_path, holder=MINE)
    RunLease.acquire(tmp_path, holder=MINE).release()


def test_a_folder_that_is_not_there_has_no_holder_and_no_lease(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert held_by(gone) is None
    with pytest.raises(JournalError, match="cannot be used: No such file or directory"):
        RunLease.acquire(gone, holder=MINE)


def test_the_run_of_another_account_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its journal says what would be executed; whoever writes into the folder of the runs could put one there."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(JournalError, match=r"is another account's \(uid \d+\).* — only they can start an engine"):
        RunLease.acquire(tmp_path, holder=MINE)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_lease_leads_nowhere(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / NAME).symlink_to(precious)
    with pytest.raises(JournalError, match=r"the lease .* cannot be used"):
        RunLease.acquire(tmp_path, holder=MINE)
    with pytest.raises(JournalError, match=r"the lease .* cannot be used"):
        held_by(tmp_path)
    assert precious.read_text() == "mine"


def test_a_pipe_in_the_place_of_a_lease_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    assert held_by(tmp_path) is None
    with pytest.raises(JournalError, match=r"the lease .* cannot be used"):
        RunLease.acquire(tmp_path, holder=MINE)


def test_a_file_system_without_room_is_told_as_that(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    told = _unusable(tmp_path, full)
    assert told.exit_status == 4
    assert "no room for the lease" in str(told)
    assert "nothing was started — make room" in str(told)
