"""Runs one command to its end, whatever becomes of the engine that asked for it. Rule: it needs nothing but itself.

Started as a script: FOLDER LOCK LIMIT GRACE COMMAND…, all but the command written by `attempt.py`. The lock, an open
file, is held as long as this process lives. No pipe leads to the engine, so that its death breaks none.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

HEAD, TAIL = 1 << 20, 1 << 16
"""Bytes of the output that are kept: from its beginning, and from its end."""
ROOM = 4096
"""Bytes of the file that says how it stands; they are there before the command is, for a disk may be full later."""
GLANCE = 0.05
"""Seconds between two looks at whether the command has ended, or is to."""
DRAINING = 1.0
"""How long the last output is read after the command ended: something that it left running may write for ever."""
CHUNK = 1 << 16

Why = Literal["", "cancel", "limit"]


class Kept:
    """The output's beginning in a file as it comes, and its end once there is no more."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._head, self._tail, self._left_out = 0, bytearray(), 0

    def take(self, data: bytes) -> None:
        """Keep what there is room for."""
        first, rest = data[: HEAD - self._head], data[HEAD - self._head :]
        self._head += len(first)
        self._write(first)
        self._tail += rest
        over = max(len(self._tail) - TAIL, 0)
        del self._tail[:over]
        self._left_out += over

    def close(self) -> None:
        """Write the end after the beginning, and between them how much is missing."""
        if self._left_out:
            self._write(f"\n… {self._left_out} bytes left out …\n".encode())
        self._write(bytes(self._tail))
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # on a full disk the command goes on; only its words are lost
            while data:
                data = data[os.write(self._fd, data) :]


class Supervised:
    """A command under way."""

    def __init__(
        self, folder: Path, process: "subprocess.Popen[bytes]", *, limit: float, grace: float, signals: list[int]
    ) -> None:
        self._process, self._grace, self._going = process, grace, folder / "going"
        self._signals = signals
        self._until = time.monotonic() + limit
        self._asked: float | None = None
        self._looked = 0.0
        self.why: Why = ""
        """Why it was ended; empty when it ended by itself."""

    def work(self, kept: Kept) -> int:
        """Return the command's exit status, the negative signal when that ended it, once it is over."""
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        output: int | None = self._process.stdout.fileno()
        os.set_blocking(self._process.stdout.fileno(), False)
        while not self._over():
            output = _moved(output, kept)
        ends = time.monotonic() + DRAINING
        while output is not None and time.monotonic() < ends and select.select([output], [], [], 0)[0]:
            output = _moved(output, kept)
        if self.why:
            # It is not reaped yet, so that the number of its group can be nobody else's.
            _signal_group(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def _over(self) -> bool:
        now = time.monotonic()
        if now - self._looked < GLANCE:
            return False
        self._looked = now
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        if self._asked is None:
            self.why = "cancel" if self._signals or not self._going.exists() else "limit" if now > self._until else ""
            if self.why:
                self._asked = now
                _signal_group(self._process.pid, signal.SIGTERM)
        elif now - self._asked > self._grace:
            _signal_group(self._process.pid, signal.SIGKILL)
        return False


def _moved(output: int | None, kept: Kept) -> int | None:
    """Wait for output, but not long, and keep it; return where more comes from, None when no more can come."""
    if output is None:
        time.sleep(GLANCE)  # a process of its own, with one program to wait for and no event loop to hold up
        return None
    if not select.select([output], [], [], GLANCE)[0]:
        return output
    with contextlib.suppress(BlockingIOError):
        data = os.read(output, CHUNK)
        kept.take(data)
        return output if data else None
    return output


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def born(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; with its number that names it. Empty: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _say(fd: int, **standing: Any) -> None:
    text = json.dumps(standing).encode()[:ROOM]
    os.pwrite(fd, text.ljust(ROOM), 0)
    os.fsync(fd)


def supervise(folder: Path, *, limit: float, grace: float, command: list[str], signals: list[int]) -> None:
    """Run the command and write down how it stands, before and after; it is ended once there is one of the signals."""
    state = os.open(folder / "state", os.O_WRONLY | os.O_CLOEXEC)
    kept = Kept(folder / "output")
    began = time.monotonic()
    _say(state, phase="begun", supervisor=os.getpid())
    try:
        process = subprocess.Popen(  # noqa: S603 - the runbook's own command, as a list
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        _say(state, phase="refused", error=f"{error.strerror}: {str(error.filename)[:200]}")
        return
    _say(state, phase="running", supervisor=os.getpid(), pid=process.pid, born=born(process.pid))
    supervised = Supervised(folder, process, limit=limit, grace=grace, signals=signals)
    status = supervised.work(kept)
    kept.close()
    _say(state, phase="ended", status=status, why=supervised.why, seconds=round(time.monotonic() - began, 3))


def main(folder: str, lock: str, limit: str, grace: str, *command: str) -> None:
    """Leave the process that started this one, and supervise."""
    if os.fork():
        os._exit(0)
    os.set_inheritable(int(lock), False)  # noqa: FBT003 - it takes no keyword
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: signals.append(number))
    # Handled rather than ignored: what is ignored here would be so in the command too.
    signal.signal(signal.SIGHUP, lambda *_: None)
    supervise(Path(folder), limit=float(limit), grace=float(grace), command=list(command), signals=signals)


if __name__ == "__main__":
    main(*sys.argv[1:])
