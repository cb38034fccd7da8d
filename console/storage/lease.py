"""Who drives a run on this machine. Rule: the kernel holds the lease, so that it ends when the process does."""

import errno
import fcntl
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from console.core.errors import GateError, JournalError, JournalFull
from console.storage import sharing

NAME = "lease"
"""The file's name in the run's folder."""

_AS_IT_IS = os.O_NOFOLLOW | os.O_NONBLOCK
"""A link is not followed, as what it leads to would be overwritten; a pipe is not waited for."""

_PATIENCE = 20
"""Attempts, 10 ms apart: `held_by` locks for a moment, and no engine should fail for having been looked at."""


class Holder(Struct, frozen=True, kw_only=True):
    """The process that holds the lease; pid 0 when it has not said yet who it is."""

    pid: int
    host: str
    account: str
    since: datetime


_NOBODY_YET = Holder(pid=0, host="", account="somebody", since=datetime.fromtimestamp(0, tz=UTC))


class RunLease:
    """The right to write a run's journal, held until `release` or the end of the process."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def acquire(cls, folder: Path, *, holder: Holder) -> "RunLease":
        """Take the lease of a run. Raises GateError that names the holder when another process has it.

        Raises JournalError for the run of another account: its journal says what would be executed here.
        """
        _ensure_ours(folder)
        fd = _open(folder, os.O_RDWR | os.O_CREAT)
        if not _locked(fd, attempts=_PATIENCE):
            other = held_by(folder)
            if other is not None or not _locked(fd, attempts=_PATIENCE):
                os.close(fd)
                raise _held(other) if other else _looked_at(folder)
        try:
            sharing.follow(folder / NAME)
            os.ftruncate(fd, 0)
            os.pwrite(fd, msgspec.json.encode(holder), 0)
        except OSError as error:
            os.close(fd)
            raise _unusable(folder, error) from error
        return cls(fd)

    def release(self) -> None:
        """Give it back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def held_by(folder: Path) -> Holder | None:
    """Return who holds the lease of a run; None when no living process does."""
    try:
        fd = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC | _AS_IT_IS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _written(fd)
    finally:
        os.close(fd)
    return None


def _ensure_ours(folder: Path) -> None:
    try:
        owner = folder.stat().st_uid
    except OSError as error:
        raise _unusable(folder, error) from error
    if owner != os.geteuid():
        raise JournalError(
            f"the run {folder} is another account's (uid {owner}), and goes on with what stands in its journal",
            remedy="only they can start an engine for this run; keep your own runs elsewhere with --journal DIR",
        )


def _open(folder: Path, flags: int) -> int:
    try:
        return os.open(folder / NAME, flags | os.O_CLOEXEC | _AS_IT_IS, 0o600)
    except OSError as error:
        raise _unusable(folder, error) from error


def _locked(fd: int, *, attempts: int) -> bool:
    for attempt in range(attempts):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt + 1 < attempts:
                time.sleep(0.01)
        else:
            return True
    return False


def _written(fd: int) -> Holder:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=Holder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _NOBODY_YET


def told(holder: Holder) -> str:
    """Return who it is, for a message."""
    return f"{holder.account}, process {holder.pid} on {holder.host}" if holder.pid else "another process"


def _held(holder: Holder) -> GateError:
    return GateError(
        f"an engine is at this run already: {told(holder)}",
        remedy="attach to it with `runbook run`, or stop it first",
    )


def _looked_at(folder: Path) -> GateError:
    """Tell of somebody who only reads, and so cannot be an engine, but keeps one from beginning."""
    return GateError(
        f"somebody who may read {folder / NAME} keeps it locked, though no engine is at this run",
        remedy="end that process (`fuser` names it), and try again",
    )


def _unusable(folder: Path, error: OSError) -> JournalError:
    if isinstance(error, PermissionError):
        return JournalError(
            f"the lease {folder / NAME} is another account's", remedy="only they can start an engine for this run"
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return JournalFull(
            f"no room for the lease {folder / NAME} ({error.strerror}): nothing was started",
            remedy="make room on that file system, or name another place with --journal DIR",
        )
    return JournalError(
        f"the lease {folder / NAME} cannot be used: {error.strerror}",
        remedy="look at the rights of the folder and at the file system it is on",
    )
