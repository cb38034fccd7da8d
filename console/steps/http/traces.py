"""What is left of a request in the run's folder, so that a later engine knows. Rule: written before it is sent."""

import os
from pathlib import Path

from console.core.errors import GateError, RunbookError
from console.core.ports import Ticket

SENT = "sent"
NOT_SENT = "not sent"


class Trace:
    """A small file for each attempt."""

    def __init__(self, ticket: Ticket) -> None:
        if not ticket.folder:
            raise GateError("this run has no folder in which a request could leave a trace")
        self._all, self._step = Path(ticket.folder, "requests"), ticket.step
        self._path = self._all / f"{ticket.step}.{ticket.attempt}.{ticket.action}"

    def write(self, words: str) -> None:
        """Write what is known of the request. Raises RunbookError when there is no room."""
        try:
            self._all.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(fd, words.encode().ljust(64), 0)
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise RunbookError(f"cannot write to {self._all}: {error.strerror}", remedy="make room there") from error

    def read(self) -> str:
        """Return what is known; empty when nothing was begun."""
        return _words(self._path)

    def any_sent(self) -> bool:
        """Tell whether any attempt to run the step may have reached the server."""
        return any(_words(each) not in ("", NOT_SENT) for each in self._all.glob(f"{self._step}.*.run"))


def _words(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
