"""Whatever the keys, the batches and the moments at which the connection is lost: each row exactly once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.core.errors import Disconnected, RunbookError
from console.core.events import Action
from console.core.ports import Database, Transaction
from console.core.runbook import Step
from console.databases import open_target
from tests.steps.site import Site, step_of

Keys = Sequence[tuple[Any, ...]]
Fault = tuple[int, bool]
"""The transaction in which the connection is lost, counted from 0, and whether it was committed by then."""

MEMORY = next((place for place in (Path("/dev/shm"),) if place.is_dir()), None)  # noqa: S108 - in a folder of its own
"""Where a file is written without waiting for a disk, if there is such a place."""
WAY: tuple[tuple[Action, int], ...] = (("run", 1), ("undo", 0), ("run", 1))
"""What is done one after another, and how often each row has been handled then."""


class Shaky:
    """A database whose connection is lost in one transaction, before or after its commit."""

    def __init__(self, database: Database, fault: Fault | None) -> None:
        self._database, self._fault, self._count = database, fault, -1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AsyncIterator[Transaction]:
        self._count += 1
        lost = self._fault is not None and self._fault[0] == self._count
        async with self._database.transaction(completes=completes, foreign_keys=foreign_keys) as transaction:
            yield transaction
            if lost and self._fault is not None and not self._fault[1]:
                raise Disconnected("lost before the commit")
        if lost:
            raise Disconnected("lost after the commit")


class ShakySite(Site):
    """A site that loses the connection once in each attempt, as long as there are faults left."""

    faults: Sequence[Fault] = ()

    def handle(self, step: Step, action: Action = "run") -> Database:
        fault, self.faults = (self.faults[0] if self.faults else None), self.faults[1:]
        return cast("Database", Shaky(super().handle(step, action), fault))

    async def to_the_end(self, step: Step, action: Action, faults: Sequence[Fault]) -> None:
        self.faults = faults
        while True:
            try:
                await (self.run(step) if action == "run" else self.undo(step))
            except Disconnected:
                continue
            self.faults = ()
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A kind of key, and sets of keys of that kind."""

    columns: str
    """Definitions of the key's columns."""
    key: tuple[str, ...]
    keys: st.SearchStrategy[Any]

    def create(self, path: Path, keys: Keys) -> None:
        names, places = ", ".join(self.key), ", ".join("?" * len(self.key))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"CREATE TABLE t ({self.columns}, n INTEGER DEFAULT 0, PRIMARY KEY ({names}))")
            connection.executemany(f"INSERT INTO t ({names}) VALUES ({places})", keys)
            connection.commit()

    def step(self, size: int) -> Step:
        key = self.key[0] if len(self.key) == 1 else f"({', '.join(self.key)})"
        fill = {"table": "t", "key": self.key, "set": {"n": "n + 1"}, "only": "n >= 0"}
        return step_of(
            backfill={**fill, "batch_size": size, "batch_pause": "0s"},
            undo=f"UPDATE t SET n = n - 1 WHERE {key} > :low AND {key} <= :high",
        )


def sets(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sets(st.tuples(*parts), max_size=12)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
integers = st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20) | st.integers(10**6, 10**6 + 30)
reals = st.floats(allow_nan=False).map(lambda number: number + 0.0)
regions = st.sampled_from(["", "eu", "us", "ü", "\0"])
folded = st.sets(st.text("abcd", max_size=5), max_size=12).map(lambda keys: {(key.title(),) for key in keys})
faults = st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=4)
TABLES = {
    "integer": Table(columns="a INTEGER", key=("a",), keys=sets(integers)),
    "text": Table(columns="a TEXT NOT NULL", key=("a",), keys=sets(texts)),
    "text_without_case": Table(columns="a TEXT NOT NULL COLLATE NOCASE", key=("a",), keys=folded),
    "blob": Table(columns="a BLOB NOT NULL", key=("a",), keys=sets(st.binary(max_size=3))),
    "real": Table(columns="a REAL NOT NULL", key=("a",), keys=sets(reals)),
    "skewed": Table(columns="a TEXT NOT NULL, b INTEGER NOT NULL", key=("a", "b"), keys=sets(regions, integers)),
    "texts": Table(columns="a TEXT NOT NULL, b TEXT NOT NULL", key=("a", "b"), keys=sets(texts, texts)),
}
LOWEST = ("", b"", -(2**63), float("-inf"))


async def exactly_once(table: Table, keys: Keys, size: int, lost: dict[Action, list[Fault]]) -> None:
    """Go forward, back and forward, and count."""
    step = table.step(size)
    with TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder, "t.db")
        table.create(path, keys)
        site = await ShakySite.of(await open_target(f"sqlite:{path}"), path=path)
        try:
            for action, times in WAY:
                await site.to_the_end(step, action, lost[action])
                assert site.ask("SELECT count(*) FROM t WHERE n = ?", times) == [(len(keys),)]
                assert (await site.settle(step, action)).happened == "yes"
        finally:
            await site.close()


def holds(table: Table, *, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(keys=table.keys, size=st.integers(1, 7), forward=faults, back=faults)
    def each_row_exactly_once(keys: Any, size: int, forward: list[Fault], back: list[Fault]) -> None:
        found = exactly_once(table, list(keys), size, {"run": forward, "undo": back})
        if keys and all(value in LOWEST for value in min(keys)):
            with pytest.raises(RunbookError, match="nothing is below the first key"):
                asyncio.run(found)
        else:
            asyncio.run(found)

    each_row_exactly_once()


@pytest.mark.parametrize("table", TABLES)
def test_each_row_is_handled_exactly_once(table: str) -> None:
    holds(TABLES[table], examples=50)


@pytest.mark.soak
@pytest.mark.parametrize("table", TABLES)
def test_each_row_is_handled_exactly_once_over_and_over(table: str) -> None:
    holds(TABLES[table], examples=500)
