"""A database with a table of things on each engine, and the words in which the contract suite speaks to it."""

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Protocol

from console import databases
from console.core.errors import DatabaseError
from console.core.ports import Lease, Target, Ticket
from console.databases.fake import Content, FakeTarget, Table

LEASE = Lease(run="r1", account="op1", host="here", pid=7, environment="staging")


def ticket(**changed: Any) -> Ticket:
    given: dict[str, Any] = {"run": "r1", "runbook": "users-org-id", "step": "fill", "description": "Fill it"}
    given |= {"checksum": "c0ffee", "environment": "staging", "attempt": 1, "action": "run", "epoch": 1}
    return Ticket(**given | {"journal_head": "abc"} | changed)


class Bench(Protocol):
    """A fresh database, opened; `things` has the columns id (its key) and name and no rows."""

    target: Target
    read: str
    """All things by id."""
    add: str
    """A thing; parameters id and name."""
    add_one: str
    """Thing 1; a second time it fails."""
    alone: str
    """Something that cannot be in a transaction."""
    endless: str
    """A query that does not end by itself."""
    endless_write: str
    name: str
    """Two parts, one with a quote in it."""
    quoted: str

    async def second(self) -> Target:
        """Return what another process at the same database holds."""
        ...

    def things(self) -> list[tuple[Any, ...]]:
        """Return all things, seen from outside."""
        ...

    def replace(self) -> None:
        """Put another database with the same content in its place."""
        ...


class FakeBench:
    """The scripted target, with just enough answers."""

    read = "read things"
    add = "add a thing"
    add_one = "add thing 1"
    alone = "tidy up"
    endless = "count for ever"
    endless_write = "write for ever"
    name, quoted = 'a.b"c', '"a"."b""c"'

    def __init__(self) -> None:
        answers: dict[str, Any] = {
            self.read: lambda content, _: sorted(content["things"].items()),
            self.add: _add,
            self.add_one: lambda content, _: _add(content, (1, "one")),
            self.alone: 0,
            self.endless: [(1,)],
            self.endless_write: 1,
            "ask schema": [("table", "things", "")],
            "checksum things": lambda content, _: [(hash(repr(sorted(content["things"].items()))),)],
        }
        self.fake = FakeTarget(answers, content={"things": {}})
        self.target: Target = self.fake
        for sql in (self.endless, self.endless_write):
            self.fake.hang("sent", sql=sql)

    async def second(self) -> Target:
        return self.fake

    def things(self) -> list[tuple[Any, ...]]:
        return sorted(self.fake.content["things"].items())

    def replace(self) -> None:
        self.fake.facts = {"serial": "2"}


def _add(content: Content, parameters: Any) -> "int | Table":
    key, name = parameters
    if key in content["things"]:
        raise DatabaseError(f"thing {key} is there already")
    content["things"][key] = name
    return 1


class SqliteBench:
    """A real file."""

    read = "SELECT id, name FROM things ORDER BY id"
    add = "INSERT INTO things (id, name) VALUES (?, ?)"
    add_one = "INSERT INTO things (id, name) VALUES (1, 'one')"
    alone = "VACUUM"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    endless_write = f"INSERT INTO things (id) {endless}"
    name, quoted = "a.b`c", "`a`.`b``c`"

    target: Target

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.db"
        self.outside("CREATE TABLE things (id INTEGER PRIMARY KEY, name)")

    @classmethod
    async def opened(cls, folder: Path) -> "SqliteBench":
        bench = cls(folder)
        bench.target = await bench.second()
        return bench

    async def second(self) -> Target:
        return await databases.open_target(f"sqlite://{self.path}", patience=0.2)

    def things(self) -> list[tuple[Any, ...]]:
        return self.outside(self.read)

    def outside(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute as somebody else would."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def replace(self) -> None:
        shutil.copy(self.path, self.path.with_suffix(".copy"))
        self.path.with_suffix(".copy").replace(self.path)
