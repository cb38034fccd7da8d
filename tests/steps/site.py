"""A SQLite file that a run has claimed, and steps as the loader builds them."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import msgspec
from msgspec.structs import replace

from console.core.events import Action
from console.core.identity import Identity
from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Lease, Settled, Target, Ticket
from console.core.runbook import Step
from console.databases import open_target
from console.steps import kind_of, kinds
from tests.clock import FakeClock

Item = Observation | str
T = TypeVar("T")
GENERIC = frozenset(Step.__struct_fields__) - {"kind", "data"}


def step_of(risk: str = "low", **mapping: Any) -> Step:
    """Return the step of a runbook's mapping; `from` and `in` can be given in nested ones only."""
    (kind,) = [each for key, each in kinds().items() if key in mapping]
    own = {name: value for name, value in mapping.items() if name not in GENERIC}
    generic = {name: value for name, value in mapping.items() if name in GENERIC}
    data = msgspec.convert(own, kind.Data)
    bare = msgspec.convert({"id": "it", "title": "", "kind": kind.KEY, "data": {}, **generic}, Step)
    return replace(kind.complete(bare, data, risk=risk), data=msgspec.to_builtins(data))


LEASE = Lease(run="r1", account="op1", host="db1", pid=1, environment="staging")


class Site:
    """A target, claimed; every act is an attempt of its own."""

    def __init__(self, target: Target, identity: Identity, epoch: int, *, path: Path | None = None) -> None:
        self.target, self.identity, self.epoch = target, identity, epoch
        self.clock: Clock = FakeClock()
        self.path = path
        self.attempt = 0
        self.facts = Facts(engine="sqlite", version="3", environment="staging")
        self.folder = path.parent if path is not None else None
        """The run's own."""
        self.said: list[Observation] = []
        """What steps said while they were under way."""

    @classmethod
    async def of(cls, target: Target, *, path: Path | None = None) -> Self:
        return cls(target, await target.identity(), await target.claim(LEASE), path=path)

    @classmethod
    async def at(cls, path: Path, script: str) -> Self:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return await cls.of(await open_target(f"sqlite:{path}"), path=path)

    async def close(self) -> None:
        await self.target.close()

    def handle(self, step: Step, action: Action = "run") -> Database:
        ticket = Ticket(
            run="r1",
            runbook="rb",
            step=step.id,
            description=step.title,
            checksum="0",
            environment="staging",
            attempt=self.attempt,
            action=action,
            epoch=self.epoch,
            journal_head="0",
            folder=str(self.folder or ""),
        )
        return self.target.bind(ticket, self.identity, say=self.said.append)

    def _act(self, step: Step, action: Action) -> AsyncIterator[Item]:
        self.attempt += 1
        kind = kind_of(step)
        act = kind.undo if action == "undo" else kind.run
        return act(step, facts=self.facts, database=self.handle(step, action), clock=self.clock)

    async def run(self, step: Step) -> list[Item]:
        return [item async for item in self._act(step, "run")]

    async def undo(self, step: Step) -> list[Item]:
        return [item async for item in self._act(step, "undo")]

    async def abandon(self, step: Step, *, after: int, action: Action = "run") -> list[Item]:
        """Stop at the boundary after so many items, as the engine may."""
        items: list[Item] = []
        async with aclosing(cast("Any", self._act(step, action))) as stream:
            while len(items) < after:
                try:
                    items.append(await anext(stream))
                except StopAsyncIteration:
                    break
        return items

    async def settle(self, step: Step, action: Action = "run") -> Settled:
        """Settle the last attempt."""
        return await kind_of(step).settle(step, database=self.handle(step, action))

    def ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Query the file past the adapter."""
        assert self.path is not None
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def tell(self, script: str) -> None:
        """Change the file past the adapter, as an application does."""
        assert self.path is not None
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)


def the(kind: type[T], items: list[Item]) -> T:
    """Return the one item of that type."""
    (found,) = [item for item in items if isinstance(item, kind)]
    return found
