"""PostgreSQL, 13 or newer, by psycopg. Rule: opening changes nothing; whatever libpq understands is understood.

The tables `runbook_ledger` and `runbook_lease` are in the first schema of the search path, which is part of the
identity; claim() creates them, and nothing else does.
"""

from console.databases.postgresql.address import conninfo_of
from console.databases.postgresql.target import PostgresqlTarget


async def open_target(url: str, *, patience: float = 5.0, away: float = 20.0) -> PostgresqlTarget:
    """Open the database of a URL.

    `patience`: seconds for which the work of another session is waited for; `away`: for which a server is that was
    reached before and is out of reach, because it is started anew or the network is down.

    Raises RunbookError for what libpq cannot read, Unreachable when there is no such server or database, when it
    does not let us in, is too old or is behind a connection pool.
    """
    return await PostgresqlTarget.opened(conninfo_of(url), patience=patience, away=away)
