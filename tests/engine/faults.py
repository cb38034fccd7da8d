"""Places at which a process may die, labelled: what stands there is as if power had gone.

`after N` and `before N`: around the N-th record that this process appends (before: the outcome stays unwritten).
`sent N` and `committed N`: before and after the N-th commit that this process makes in the target.
"""

import asyncio
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

Label = Literal["after", "before", "sent", "committed"]


class Abandoned(BaseException):
    """The process died here."""


class Fault:
    """Dies once, at one labelled place."""

    def __init__(self, label: Label, number: int) -> None:
        self.label, self.number = label, number
        self.struck = asyncio.Event()
        self._seen: dict[Label, int] = {"after": 0, "before": 0, "sent": 0, "committed": 0}

    def at(self, label: Label) -> None:
        """Die if this is the place, and stay dead."""
        self._seen[label] += 1
        if label == self.label and self._seen[label] == self.number:
            self.struck.set()
        if self.struck.is_set():
            raise Abandoned

    def seen(self, label: Label) -> int:
        """Return how often a place was passed."""
        return self._seen[label]


class Blow(Fault):
    """Strikes something else than this process, once, at one labelled place."""

    def __init__(self, label: Label, number: int, strike: Callable[[], object]) -> None:
        super().__init__(label, number)
        self.dealt = False
        self._strike = strike

    def at(self, label: Label) -> None:
        """Strike if this is the place, and live on."""
        self._seen[label] += 1
        if label == self.label and self._seen[label] == self.number:
            self.dealt = True
            self._strike()


class FaultyJournal:
    """A journal in a process that may die."""

    def __init__(self, journal: Any, fault: Fault) -> None:
        self._journal, self._fault = journal, fault
        self.path, self.folder = journal.path, journal.folder

    @property
    def head(self) -> str:
        """Hash of the last record."""
        return str(self._journal.head)

    def append(self, event: Any, **envelope: Any) -> Any:
        """Append, dying before or after it."""
        self._fault.at("before")
        record = self._journal.append(event, **envelope)
        self._fault.at("after")
        return record

    def read(self) -> Iterator[Any]:
        """Return all records."""
        yield from self._journal.read()

    def lines(self, offset: int, size: int) -> bytes:
        """Return whole lines."""
        return bytes(self._journal.lines(offset, size))


class FaultyTarget:
    """A target in a process that may die."""

    def __init__(self, target: Any, fault: Fault) -> None:
        self._target, self._fault = target, fault

    def __getattr__(self, name: str) -> Any:
        """Everything that is not about commits goes straight through."""
        return getattr(self._target, name)

    def bind(self, ticket: Any, expected: Any, **how: Any) -> Any:
        """Return a handle whose commits may be the last thing that happens."""
        return FaultyDatabase(self._target.bind(ticket, expected, **how), self._fault)


class FaultyDatabase:
    """A handle in a process that may die."""

    def __init__(self, database: Any, fault: Fault) -> None:
        self._database, self._fault = database, fault

    def __getattr__(self, name: str) -> Any:
        """Everything that is not about commits goes straight through."""
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self, **how: Any) -> AsyncIterator[Any]:
        """Open a transaction, dying before or after its commit."""
        async with self._database.transaction(**how) as transaction:
            yield transaction
            self._fault.at("sent")
        self._fault.at("committed")

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Execute outside a transaction, dying before or after it."""
        self._fault.at("sent")
        await self._database.execute_alone(sql, completes=completes)
        self._fault.at("committed")


class FailingDisk:
    """The disk that a journal is on, as its calls fail: `fail` until `heal`."""

    def __init__(self, call: str, code: int, patch: Any) -> None:
        self._call, self._code, self._patch = call, code, patch
        self._real = getattr(os, call)

    def fail(self) -> None:
        """Let every call of that name fail from now on."""

        def failing(*_: object) -> object:
            raise OSError(self._code, os.strerror(self._code))

        self._patch.setattr(os, self._call, failing)

    def heal(self) -> None:
        """Let it be done again."""
        self._patch.setattr(os, self._call, self._real)


class FullDisk:
    """A file system of its own, so small that a file fills it."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fail(self) -> None:
        """Leave no room at all."""
        with self._filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass

    def heal(self) -> None:
        """Make room."""
        self._filler.unlink()


class NarrowLimit:
    """No file of this process may grow beyond the journal: a full disk where none can be mounted."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fail(self) -> None:
        """Leave no room behind what is in the journal."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._journal.stat().st_size, self._before[1]))

    def heal(self) -> None:
        """Make room."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a file system of a megabyte over a folder; tell whether this machine lets us."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=True)
