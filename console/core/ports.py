"""What the engine and the steps need of the world. Rule: protocols and what crosses them; no implementation."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from console.core.events import Action, Happened
from console.core.identity import Identity
from console.core.observations import How, Observation
from console.core.runbook import Step
from console.core.server_events import Debris

Say = Callable[[Observation], None]
"""Tells the run something about a step while it is under way, without waiting for anything."""


def unheard(observation: Observation) -> None:
    """Say it to nobody."""


def unasked() -> bool:
    """Say that nobody asked for an end."""
    return False


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall time, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Facts(Struct, frozen=True, kw_only=True):
    """What a step may know of its run."""

    engine: str
    version: str
    environment: str
    baselines: dict[str, Any] = {}
    statements: dict[str, tuple[str, ...]] = {}
    """By version of the application: what it says to the database."""
    until: datetime | None = None
    """When its wait ends, if that was fixed before."""
    cancelling: Callable[[], bool] = unasked
    """Tells at any moment whether a person has asked for the step to be cancelled."""


class Rows(Struct, frozen=True, kw_only=True):
    """The answer to a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    """There were more than the limit."""
    seconds: float


class Ticket(Struct, frozen=True, kw_only=True):
    """In whose name a step writes: what goes into its ledger row."""

    run: str
    runbook: str
    step: str
    description: str
    checksum: str
    """Digest of what the step executes."""
    environment: str
    attempt: int
    action: Action
    epoch: int
    journal_head: str
    folder: str = ""
    """The run's own, on this machine: what a step leaves there is found by the next engine."""


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """What the target says of one step; times in UTC, ISO 8601."""

    run: str
    step: str
    version: str
    """The runbook's id."""
    description: str
    checksum: str
    environment: str
    attempt: int
    """The last one that committed anything."""
    applied_at: str | None
    rolled_back_at: str | None
    execution_ms: int | None
    position: str | None
    """Of a backfill: JSON, committed with its last batch."""
    rows: int
    """Handled up to the position."""
    epoch: int
    journal_head: str


class Lease(Struct, frozen=True, kw_only=True):
    """Who holds the target."""

    run: str
    account: str
    host: str
    pid: int
    environment: str


class Transaction(Protocol):
    """An open transaction of a step; the ledger row and the epoch check are part of its commit."""

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute one statement; return the rows it changed, -1 when unknown."""
        ...

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Query inside the transaction."""
        ...

    def position(self, position: str, rows: int) -> None:
        """Commit this position, and the rows handled so far, with the transaction."""
        ...


class Database(Protocol):
    """What a step is given: bound to one ticket.

    All methods raise Interrupted on cancel, Disconnected when the connection went, DatabaseError when the
    server refuses.
    """

    @property
    def engine(self) -> str:
        """Which SQL it speaks: the name of a runbook's engine."""
        ...

    @property
    def ticket(self) -> Ticket:
        """In whose name it writes: which attempt of which action."""
        ...

    async def query(self, sql: str, parameters: Sequence[Any] = (), *, limit: int = 1000) -> Rows:
        """Read; a statement that writes is refused by the server itself."""
        ...

    async def ask(self, purpose: str, **parameters: Any) -> Rows:
        """Run the engine's own query of that name, e.g. `schema`, `index`, `column`, `broken_references`."""
        ...

    async def checksum(self, table: str, columns: Sequence[str]) -> str:
        """Return a digest of the columns of all rows in the order of the key; no columns: all of them."""
        ...

    async def attempt(self, sql: str) -> str | None:
        """Execute and always roll back; return the server's error, None when it did not fail."""
        ...

    def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open a writing transaction; `completes` marks the step as applied (or rolled back) in the ledger with it.

        `lock_timeout`: seconds that one statement waits for a lock, less when others begin to queue behind it; raises
        LockNotFree then. None: the engine's own patience.
        """
        ...

    def say(self, observation: Observation) -> None:
        """Tell the run something while a statement is under way: it is journaled without being waited for."""
        ...

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Execute a statement that cannot be in a transaction; the ledger row follows in one of its own, marked so."""
        ...

    async def entry(self) -> LedgerEntry | None:
        """Return what the ledger says of this step in this run."""
        ...

    async def quote(self, identifier: str) -> str:
        """Return a (dotted) name quoted for this engine."""
        ...


class Target(Protocol):
    """An opened database as the engine holds it."""

    async def identity(self) -> Identity:
        """Return what it is; raises Unreachable."""
        ...

    async def claim(self, lease: Lease, *, take_over: bool = False, begins: bool = False, after: int = 0) -> int:
        """Create the ledger if need be, take the lease and return the new epoch.

        `begins`: the run is new, so that the target must not know it; `after`: the last epoch that it was given.
        Raises GateError when another run holds the target or bears that name, or it belongs to another environment;
        WrongTarget when it has not come to that epoch yet: it is an older copy.
        """
        ...

    async def release(self, epoch: int) -> None:
        """Give the lease back, if it is still held at that epoch."""
        ...

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> Database:
        """Return the handle for one step; it compares the identity before each write.

        What the server notices meanwhile is said through `say`.
        """
        ...

    async def observe(self, step: str) -> tuple[Observation, ...]:
        """Look from outside at the statement under way: what it waits for, and how far the server says it is.

        Nothing when there is nothing to see. It has a connection of its own and never waits for the statement.
        """
        ...

    async def end_session(self, pid: int, since: str, *, how: How) -> bool:
        """Ask the server to stop the statement of a session, or to end it; False when that session is gone.

        Raises DatabaseError when the server does not let us, or has no sessions.
        """
        ...

    async def debris(self) -> tuple[Debris, ...]:
        """Return what is half-made in the target."""
        ...

    async def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return all ledger rows in the order in which they were first written."""
        ...

    async def cancel(self) -> None:
        """Ask the server to stop the statement under way."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Preview(Struct, frozen=True, kw_only=True):
    """What a step will do, in words and in SQL."""

    words: str
    sql: str = ""
    undo: str = ""
    """The way back, in SQL or words; empty when there is nothing to undo."""


class Settled(Struct, frozen=True, kw_only=True):
    """What was found out about a step in doubt."""

    happened: Happened
    evidence: str


class Kind(Protocol):
    """A step kind: a module of `console.steps` that has these names."""

    KEY: str
    """The key in a step's mapping that makes it of this kind."""
    Data: type[Struct]
    """Its own fields; the one named like KEY is the main one."""

    def complete(self, step: Step, data: Any, *, risk: str, engine: str = "sqlite") -> Step:
        """Return the step with what the decider has to know filled in.

        Raises ValueError with `field: message`.
        """
        ...

    def preview(self, step: Step, facts: Facts) -> Preview:
        """Say what it will do."""
        ...

    def run(self, step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
        """Do it; yields observations, last a one-line summary (str). Never yields with a transaction open."""
        ...

    async def settle(self, step: Step, *, database: Database) -> Settled:
        """Find out whether the ticket's attempt and action happened."""
        ...

    def undo(self, step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
        """Take it back; a step that did not happen is left alone. Yields like `run`."""
        ...
