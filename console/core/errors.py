"""Every error a person can meet, with the exit status it ends in. Rule: an error says what, where and the way out.

RunbookConsoleError
├── RunbookError          your runbook or your arguments are wrong (2)
│   └── InvalidDocument   a runbook or a file of answers has problems, each with its place (2)
├── GateError             a gate refuses (3)
├── CheckFailed           what was measured is not what was expected (1)
├── DatabaseError         your database said no, or is out of reach
│   ├── Unreachable       it cannot be reached (4)
│   ├── LockNotFree       a lock was not to be had in time: nothing was done, try again (1)
│   ├── Interrupted       the statement was cancelled on request (1)
│   ├── Disconnected      the answer to a statement never came: its outcome is unknown (5)
│   ├── LeaseLost         another engine holds the target: nothing was written (3)
│   └── WrongTarget       the server is not the one the run began on: nothing was written (3)
└── JournalError          the journal cannot be read, trusted or written (1)
    └── JournalFull       there is no room for the next record: nothing was started (4)
"""

from console.core.observations import ServerSession


class RunbookConsoleError(Exception):
    """Base of all errors that are told to a person in one line, with the way out.

    `remedy` is what the person can do next; empty when the message says it all.
    """

    exit_status = 70

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Give the message and, after it, the way out."""
        return f"{self.message} — {self.remedy}" if self.remedy else self.message


class RunbookError(RunbookConsoleError):
    """The runbook, the answers or the arguments are wrong."""

    exit_status = 2


class InvalidDocument(RunbookError):
    """A runbook or a file of answers cannot be used; `problems` are `file:line:column: message`, first to last."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class GateError(RunbookConsoleError):
    """A gate refuses; the remedy says how it opens."""

    exit_status = 3


class CheckFailed(RunbookConsoleError):
    """A check did not pass; what was measured has been told before."""

    exit_status = 1


class DatabaseError(RunbookConsoleError):
    """The database refused a statement; whatever was open has been rolled back."""

    exit_status = 1


class Unreachable(DatabaseError):
    """The database cannot be reached or opened; nothing was sent."""

    exit_status = 4


class LockNotFree(DatabaseError):
    """A lock was not free in the time that was given, or others began to queue: all was rolled back.

    `sessions`: who blocks whom, as seen while it waited; `behind`: how many sessions queued behind it.
    """

    def __init__(
        self, message: str, *, remedy: str = "", sessions: tuple[ServerSession, ...] = (), behind: int = 0
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.sessions = sessions
        self.behind = behind


class Interrupted(DatabaseError):
    """The statement was cancelled on request and the server says it stopped."""


class Disconnected(DatabaseError):
    """The connection was lost while an answer was awaited: the outcome is unknown."""

    exit_status = 5


class LeaseLost(DatabaseError):
    """Another engine has taken the target; the transaction was rolled back."""

    exit_status = 3


class WrongTarget(DatabaseError):
    """The server is not the one the run began on; nothing was written."""

    exit_status = 3


class JournalError(RunbookConsoleError):
    """The journal cannot be read or trusted."""

    exit_status = 1


class JournalFull(JournalError):
    """The record could not be made durable, so that what depends on it must not start."""

    exit_status = 4
