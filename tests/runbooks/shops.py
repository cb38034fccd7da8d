"""The shop on a PostgreSQL server, copied for each run, and what it consists of."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers.postgresql import USER, Postgresql, server

SHOP = Path(__file__).with_name("shop.sql")
SCRATCH = "shop_restored"
"""What the runbook of the backup restores into."""
OWN = ("runbook_ledger", "runbook_ledger_place_seq", "runbook_lease")
"""What the console keeps for itself in the database."""


class Shop:
    """A database of its own with the shop in it."""

    def __init__(self, version: str) -> None:
        self.server = server(version)
        self.database = self.server.create(template=_template(version))

    @property
    def url(self) -> str:
        """How the console reaches it."""
        return self.server.url(self.database)

    def environment(self) -> dict[str, str]:
        """Return the variables by which runbooks, and the programs of this server, find it."""
        return {
            "DATABASE_URL": self.url,
            "SCRATCH_URL": self.server.url(SCRATCH),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.server.port),
            "PGUSER": USER,
            "PGDATABASE": self.database,
            "PATH": f"{self.server.binaries}:{os.environ['PATH']}",
        }

    def tell(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute as somebody else would."""
        return self.server.execute(sql, database=self.database)

    def schema(self) -> str:
        """Return what pg_dump says of the schema, without what is the console's own and what changes at every dump."""
        out = [part for name in OWN for part in ("--exclude-table", name)]
        words = _said(self.server, "pg_dump", "--schema-only", "--no-owner", *out, self.url)
        lines = (
            line for line in words.splitlines() if line and not line.startswith(("--", "\\", "SET ", "SELECT pg_"))
        )
        return "\n".join(lines)

    def rows(self, *, but: tuple[str, ...] = ()) -> dict[str, str]:
        """Return a digest of the rows of each table; `but` those are left out."""
        tables = self.tell(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        names = sorted({str(name) for (name,) in tables} - set(OWN) - set(but))
        if not names:
            return {}
        each = "SELECT '{0}', md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM {0} AS t"
        return {str(name): str(digest) for name, digest in self.tell(" UNION ALL ".join(map(each.format, names)))}

    def drop(self) -> None:
        """Remove it."""
        self.server.drop(self.database)
        self.server.drop(SCRATCH)


@cache
def _template(version: str) -> str:
    on = server(version)
    name = on.create()
    on.execute(SHOP.read_text(), database=name)
    return name


def _said(on: Postgresql, program: str, *arguments: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    command = [str(on.binaries / program), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
