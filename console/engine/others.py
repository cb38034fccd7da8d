"""The databases beside `main`, where steps read that say `on:`. Rule: nothing is ever written there.

Each is opened when the engine starts, or when it is first needed after that; one that is out of reach fails the steps
that need it and nothing else. What it was when it answered is in the journal, and as soon as a step that was read there
counts as done it is compared at each read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar

from console.core.errors import RunbookConsoleError, RunbookError, Unreachable, WrongTarget
from console.core.identity import Identity
from console.core.ports import Database, LedgerEntry, Rows, Target, Ticket, Transaction
from console.core.runbook import MAIN
from console.core.server_events import DatabaseFound
from console.core.state import SETTLED_GOOD
from console.engine.logbook import Logbook

Opener = Callable[[str], Awaitable[Target]]
"""Opens what stands in a runbook's `databases`. Raises RunbookError, Unreachable."""

T = TypeVar("T")

log = logging.getLogger(__name__)


async def nowhere(_entry: str) -> Target:
    """Refuse to open a database: this engine was given no way to."""
    raise RunbookError(f"this engine opens no database but {MAIN}", remedy="start it with `runbook run`")


class Others:
    """Opens them, and hands out what reads there."""

    def __init__(self, *, logbook: Logbook, opener: Opener) -> None:
        self._logbook, self._opener = logbook, opener
        self._opened: dict[str, Target] = {}
        self._turn = asyncio.Lock()

    async def reach_all(self) -> None:
        """Open all that steps read on; those out of reach are left for later."""
        for name in sorted({step.on for step in self._logbook.state.runbook.steps()} - {MAIN}):
            try:
                await self.reached(name)
            except RunbookConsoleError as error:
                log.warning("%s", error)

    async def reached(self, name: str) -> tuple[Target, Identity]:
        """Return a database and what it was when it first answered. Raises Unreachable, RunbookError."""
        async with self._turn:
            try:
                if not self._rests_on(name) and name in self._opened:
                    # It may be another one behind the same name, which an open file or connection does not see.
                    await self._opened.pop(name).close()
                target = self._opened.get(name) or await self._opener(self._logbook.state.runbook.databases[name])
                self._opened[name] = target
                known = self._logbook.state.others.get(name)
                if known is None or not self._rests_on(name):
                    found = await target.identity()
                    known = known if found == known else await self._found(name, found)
            except Unreachable as error:
                raise Unreachable(f"{name}: {error.message}", remedy=error.remedy) from error
            return target, known

    def _rests_on(self, name: str) -> bool:
        """Tell whether something counts as done that was read there: before that a database may be made anew."""
        state = self._logbook.state
        return any(step.on == name and state.steps[step.id].status in SETTLED_GOOD for step in state.runbook.steps())

    async def _found(self, name: str, found: Identity) -> Identity:
        """Journal what a database is that nothing rests on yet. Raises RunbookError."""
        engine = self._logbook.state.runbook.engine
        if found.engine != engine:
            raise RunbookError(
                f"{name}: the runbook is for {engine}, and {found.label} is {found.engine}", remedy="correct databases:"
            )
        if self._logbook.state.ending is not None:
            return found
        await self._logbook.outcome(DatabaseFound(name=name, identity=found))
        return self._logbook.state.others[name]

    def reading(self, name: str, *, main: Database) -> "ReadingElsewhere":
        """Return the handle for a step that reads there."""
        return ReadingElsewhere(self, name, main=main)

    async def cancel(self) -> None:
        """Ask the servers to stop the query under way."""
        for target in tuple(self._opened.values()):
            await target.cancel()

    async def close(self) -> None:
        """Close all connections."""
        while self._opened:
            _, target = self._opened.popitem()
            with suppress(RunbookConsoleError):
                await target.close()


class ReadingElsewhere:
    """The handle for one step: it reads beside `main`; the ledger is asked in `main`, and nothing is written."""

    def __init__(self, others: Others, name: str, *, main: Database) -> None:
        self.engine = main.engine
        self.ticket: Ticket = main.ticket
        self.say = main.say
        self._others, self._name, self._main = others, name, main

    async def query(self, sql: str, parameters: Sequence[Any] = (), *, limit: int = 1000) -> Rows:
        """Read there."""
        return await self._told((await self._there()).query(sql, parameters, limit=limit))

    async def ask(self, purpose: str, **parameters: Any) -> Rows:
        """Ask the engine's own question there."""
        return await self._told((await self._there()).ask(purpose, **parameters))

    async def checksum(self, table: str, columns: Sequence[str]) -> str:
        """Return the digest of what is there."""
        return await self._told((await self._there()).checksum(table, columns))

    async def attempt(self, sql: str) -> str | None:
        """Refuse: what is tried might write."""
        raise self._refusal()

    def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AbstractAsyncContextManager[Transaction]:
        """Refuse: nothing is written there."""
        raise self._refusal()

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Refuse: nothing is written there."""
        raise self._refusal()

    async def entry(self) -> LedgerEntry | None:
        """Return what the ledger of `main` says of this step."""
        return await self._main.entry()

    async def quote(self, identifier: str) -> str:
        """Return a (dotted) name quoted for this engine."""
        return await self._main.quote(identifier)

    async def _there(self) -> Database:
        target, known = await self._others.reached(self._name)
        return target.bind(self.ticket, known, say=self.say)

    async def _told(self, answer: Awaitable[T]) -> T:
        """Return an answer. Raises WrongTarget with the way out that there is beside `main`."""
        try:
            return await answer
        except WrongTarget as error:
            raise WrongTarget(
                f"{self._name}: {error.message}",
                remedy="lead it back there; or amend the runbook: another name in databases:, and on: that name",
            ) from error
        except Unreachable as error:
            raise Unreachable(f"{self._name}: {error.message}", remedy=error.remedy) from error

    def _refusal(self) -> RunbookError:
        return RunbookError(f"nothing is written on {self._name}", remedy=f"leave on: out; {MAIN} alone is changed")
