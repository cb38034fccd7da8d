"""The file of a run's records. Rule: a record is whole and on disk, or the file is as it was before."""

import contextlib
import errno
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from console.core.errors import JournalError, JournalFull
from console.core.events import AnyEvent, Record
from console.storage import plain_files
from console.storage.codec import GENESIS, chained, encode_line, whole_lines

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_MOST_UNSYNCED = 64 * 1024
"""Bytes of thinned records that are kept in memory until the next sync."""


class Journal:
    """The engine's pen; implements `core.ports.Journal`. Whoever opens it holds the run's lease.

    `torn_bytes` is the length of the unfinished last line that opening cut off.
    """

    def __init__(self, path: Path, *, fd: int) -> None:
        self.path = path
        self.torn_bytes = 0
        self.head = GENESIS
        """Hash of the last record."""
        self.seq = 0
        """Number of the last record; 0 when there is none."""
        self._fd = fd
        self._size = 0
        self._synced = 0
        self._unsynced = b""
        self._good_until: int | None = None
        """Bytes of the file that can be relied on after a failure; None while that is all of them."""
        self._left: int | None = None
        """Bytes that a failure left in the file; None while that is what was written."""

    @property
    def folder(self) -> str:
        """Where it is."""
        return str(self.path.parent)

    @classmethod
    def create(cls, path: Path) -> "Journal":
        """Create an empty journal, for the owner alone (0600). Raises JournalError when there is one, or no way to."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise JournalError(f"there is a journal at {path} already", remedy="go on with that run instead") from error
        except OSError as error:
            raise _cannot("create", path, error) from error
        journal = cls(path, fd=fd)
        try:
            os.fsync(fd)
            sync_folder(path.parent)
        except OSError as error:
            journal.close()
            path.unlink(missing_ok=True)
            raise _cannot("create", path, error) from error
        return journal

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open a journal to go on with it, and cut an unfinished last line.

        Raises JournalError when it cannot be read or its chain does not hold; nothing is changed then.
        """
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise _cannot("open", path, error) from error
        journal = cls(path, fd=fd)
        try:
            journal._catch_up()
        except OSError as error:
            journal.close()
            raise _cannot("open", path, error) from error
        except JournalError:
            journal.close()
            raise
        return journal

    def _catch_up(self) -> None:
        with plain_files.opened(self.path) as file:
            for line in whole_lines(file):
                found = chained(line, number=self.seq + 1, prev=self.head)
                self.seq, self.head, self._size = self.seq + 1, found.hash, self._size + len(line)
            self.torn_bytes = file.seek(0, os.SEEK_END) - self._size
        if self.torn_bytes:
            os.ftruncate(self._fd, self._size)
        os.fsync(self._fd)
        self._synced = self._size

    def append(self, event: AnyEvent, *, at: datetime, by: str, durable: bool = True) -> Record:
        """Write one record and, when durable, wait for the disk; return it as it will be read.

        Raises JournalFull when it could not be kept: the file is then as it was, and can be appended to once there
        is room. Raises JournalError when the event cannot be written down, or the file is not this journal any more.
        """
        self._inspect()
        written = Record(seq=self.seq + 1, at=at, by=by, event=event)
        line = encode_line(written, prev=self.head)
        found = chained(line, number=self.seq + 1, prev=self.head)
        try:
            self._write(line + b"\n", durable=durable)
        except OSError as error:
            self._cut_back()
            raise _full(self.path, error) from error
        self._good_until = self._left = None
        self.seq, self.head = found.record.seq, found.hash
        return found.record

    def _inspect(self) -> None:
        """See that the file is still there and nobody else wrote to it."""
        try:
            now = os.fstat(self._fd)
            there = self.path.exists() and os.path.samestat(now, self.path.stat())
        except OSError as error:
            raise _cannot("write", self.path, error) from error
        if not there:
            raise JournalError(
                f"the journal {self.path} was moved or deleted while its run was under way",
                remedy="put it back, or stop the engine; the ledger in the target says what happened",
            )
        if now.st_size != (self._size if self._left is None else self._left):
            raise JournalError(
                f"somebody else wrote to the journal {self.path}",
                remedy="stop the engine and ask `runbook verify` what was altered",
            )

    def _write(self, line: bytes, *, durable: bool) -> None:
        if self._good_until is not None:
            os.ftruncate(self._fd, self._good_until)
            _write_all(self._fd, self._unsynced[self._good_until - self._synced :])
        _write_all(self._fd, line)
        durable = durable or len(self._unsynced) > _MOST_UNSYNCED
        if durable:
            self._sync()
        self._size += len(line)
        self._unsynced = b"" if durable else self._unsynced + line
        self._synced = self._size if durable else self._synced

    def _sync(self) -> None:
        try:
            os.fdatasync(self._fd)
        except OSError:
            # The kernel may have dropped pages that it calls clean: what was not synced has to be written anew.
            self._good_until = self._synced
            raise

    def _cut_back(self) -> None:
        self._good_until = self._size if self._good_until is None else self._good_until
        # When it cannot be cut, the next append starts with another attempt; readers leave an unfinished line alone.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)
        self._left = os.fstat(self._fd).st_size

    def read(self) -> Iterator[Record]:
        """Yield all records so far."""
        return read_records(self.path)

    def lines(self, offset: int, size: int) -> bytes:
        """Return whole lines from a byte offset on: about `size` bytes, at least one line, nothing at the end."""
        found = b""
        while b"\n" not in found:
            here = offset + len(found)
            chunk = os.pread(self._fd, max(min(size, self._size - here), 0), here)
            if not chunk:
                break
            found += chunk
        return found[: found.rfind(b"\n") + 1]

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Tail:
    """New whole records of a journal that another process writes. A file that is not there yet has none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seq = 0
        self._head = GENESIS
        self._offset = 0

    def read(self) -> tuple[Record, ...]:
        """Return what was added since the last call. Raises JournalError when it does not follow on what was read."""
        found = []
        try:
            with plain_files.opened(self.path) as file:
                file.seek(self._offset)
                for text in whole_lines(file):
                    line = chained(text, number=self.seq + 1, prev=self._head)
                    self.seq, self._head, self._offset = self.seq + 1, line.hash, self._offset + len(text)
                    found.append(line.record)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _cannot("read", self.path, error) from error
        return tuple(found)


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a journal; an unfinished last line is left out.

    Raises JournalError when the file cannot be read, or at the first record that is not as it was written.
    """
    head = GENESIS
    try:
        with plain_files.opened(path) as file:
            for number, text in enumerate(whole_lines(file), start=1):
                line = chained(text, number=number, prev=head)
                head = line.hash
                yield line.record
    except OSError as error:
        raise _cannot("read", path, error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _cannot(what: str, path: Path, error: OSError) -> JournalError:
    match error:
        case FileNotFoundError():
            remedy = "`runbook runs` lists the runs there are"
        case PermissionError():
            remedy = "it belongs to another account: ask them, or look at its rights"
        case IsADirectoryError():
            remedy = "give the journal.jsonl in it"
        case _:
            remedy = "look at the file system it is on"
    return JournalError(f"cannot {what} the journal {path}: {error.strerror}", remedy=remedy)


def _full(path: Path, error: OSError) -> JournalFull:
    if error.errno in _NO_ROOM:
        return JournalFull(
            f"no room for the next record of {path} ({error.strerror}): nothing was started",
            remedy="make room on that file system and try again",
        )
    return JournalFull(
        f"the next record of {path} could not be kept ({error.strerror}): nothing was started",
        remedy="look at the disk it is on before you go on",
    )
