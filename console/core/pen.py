"""What the engine writes with. Rule: a port like those of `ports`; no implementation."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from console.core.events import AnyEvent, Record


class Journal(Protocol):
    """The engine's pen. Only its owner appends."""

    @property
    def head(self) -> str:
        """Hash of the last record."""
        ...

    @property
    def folder(self) -> str:
        """Where it is; what else belongs to the run is beside it."""
        ...

    def append(self, event: AnyEvent, *, at: datetime, by: str, durable: bool = True) -> Record:
        """Write one record and, when durable, wait for the disk. Raises JournalFull."""
        ...

    def read(self) -> Iterable[Record]:
        """Return all records so far."""
        ...

    def lines(self, offset: int, size: int) -> bytes:
        """Return whole lines from a byte offset on: about `size` bytes, at least one line, nothing at the end."""
        ...
