"""One attempt at a command, as files in the run's folder. Rule: what is there tells any later engine how it stands.

`state` says how far it is, `output` what it said, `judged` what was thought of that. `lock` is held by the process
that supervises it: the kernel lets go of it when that process ends, whatever ends it. It is told to end the command
by taking `going` away, for which even a full disk has room.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import DecodeError, Struct, json

from console.core.errors import GateError, RunbookError
from console.core.ports import Ticket
from console.steps.shell import supervisor
from console.steps.shell.supervisor import Why

GRACE_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""


class NotBegun(Struct, frozen=True):
    """Nothing was executed; `why` is empty when it was not even tried."""

    why: str = ""


class AtWork(Struct, frozen=True):
    """It has not ended."""

    pid: int
    """A signal to it ends the command with all it started; negative: to the group of that number."""


class Ended(Struct, frozen=True, kw_only=True):
    """It is over."""

    status: int
    """Its exit status; negative: the signal that ended it."""
    why: Why = ""
    """Why it was ended; empty when it ended by itself."""
    seconds: float = 0.0


class Vanished(Struct, frozen=True):
    """It was begun, and nothing says how it ended: the machine went down, or both processes were killed."""


Standing = NotBegun | AtWork | Ended | Vanished


class Judged(Struct, frozen=True, kw_only=True):
    """What was thought of a command that ended."""

    passed: bool
    words: str


class _State(Struct, frozen=True, kw_only=True):
    phase: str
    supervisor: int = 0
    pid: int = 0
    born: str = ""
    error: str = ""
    status: int = 0
    why: Why = ""
    seconds: float = 0.0


class Attempt:
    """The files of one attempt."""

    def __init__(self, ticket: Ticket) -> None:
        if not ticket.folder:
            raise GateError("this run has no folder in which a command could be supervised")
        self._all = Path(ticket.folder, "commands").absolute()
        self._step = ticket.step
        self.folder = self._all / f"{ticket.step}.{ticket.attempt}.{ticket.action}"

    def any_begun(self) -> bool:
        """Tell whether any attempt to run the step got as far as to execute something."""
        found = (_read(each) for each in self._all.glob(f"{self._step}.*.run/state"))
        return any(each is not None and each.phase != "refused" for each in found)

    async def begin(self, command: Sequence[str], *, folder: str, environ: Mapping[str, str], limit: float) -> None:
        """Start the command under its supervisor. Raises RunbookError when it cannot be."""
        lock = self._prepared()
        await asyncio.to_thread(self._spawn, command, lock=lock, folder=folder, environ=environ, limit=limit)

    def _prepared(self) -> int:
        """Make the files; return the lock, held."""
        try:
            self._all.mkdir(mode=0o700, exist_ok=True)
            self.folder.mkdir(mode=0o700)
            (self.folder / "going").touch(mode=0o600)
            with (self.folder / "state").open("xb") as state:
                state.write(b" " * supervisor.ROOM)
                state.flush()
                os.fsync(state.fileno())
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except FileExistsError as error:
            raise GateError(
                "this very attempt was begun before", remedy="settle the step, then start it anew"
            ) from error
        except OSError as error:
            raise RunbookError(
                f"cannot write to {self.folder}: {error.strerror}", remedy="make room, or correct its rights"
            ) from error
        return lock

    def _spawn(
        self, command: Sequence[str], *, lock: int, folder: str, environ: Mapping[str, str], limit: float
    ) -> None:
        script = [sys.executable, "-I", "-S", supervisor.__file__]
        try:
            subprocess.run(  # noqa: S603 - our own script, and the runbook's command as a list
                [*script, str(self.folder), str(lock), str(limit), str(GRACE_SECONDS), *command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(lock,),
                cwd=folder or None,
                env=dict(environ),
            )
        except OSError as error:
            where = folder if error.filename == folder else "a process"
            raise RunbookError(f"cannot start in {where}: {error.strerror}", remedy="correct folder:") from error
        finally:
            os.close(lock)  # it stays locked: the supervisor has it too

    def end(self) -> None:
        """Ask for the command's end; it has GRACE_SECONDS for it."""
        (self.folder / "going").unlink(missing_ok=True)
        state = _read(self.folder / "state")
        if not self._held() and state is not None and state.born and supervisor.born(state.pid) == state.born:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(state.pid, signal.SIGTERM)  # somebody killed the one that would have done it

    def first_told(self) -> bool:
        """Tell whether nobody was told yet that it is still at work."""
        try:
            (self.folder / "told").touch(exist_ok=False)
        except OSError:
            return False
        return True

    def standing(self) -> Standing:
        """Tell how it stands."""
        if self._held():
            state = _read(self.folder / "state")
            return AtWork(state.supervisor if state else 0)
        state = _read(self.folder / "state")
        if state is None:
            return NotBegun()
        match state.phase:
            case "refused":
                return NotBegun(state.error)
            case "ended":
                return Ended(status=state.status, why=state.why, seconds=state.seconds)
            case "running" if state.born and supervisor.born(state.pid) == state.born:
                return AtWork(-state.pid)
            case _:
                return Vanished()

    def _held(self) -> bool:
        try:
            lock = os.open(self.folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def judge(self, judged: Judged) -> None:
        """Keep what was thought of it, and no longer what it said: that may hold what nobody may keep."""
        try:
            (self.folder / "judged").write_bytes(json.encode(judged))
        except OSError:
            return  # without room for it, it is judged again by what it said
        (self.folder / "output").unlink(missing_ok=True)

    def judged(self) -> Judged | None:
        """Return what was thought of it, if that was kept."""
        try:
            return json.decode((self.folder / "judged").read_bytes(), type=Judged)
        except (OSError, DecodeError):
            return None


def _read(path: Path) -> _State | None:
    """Return what a supervisor wrote; None when it wrote nothing yet."""
    try:
        return json.decode(path.read_bytes().strip(), type=_State)
    except (OSError, DecodeError):
        return None
