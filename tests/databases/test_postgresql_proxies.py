"""Pools of connections before a server: they are seen, at the opening and at each write, and nothing is written."""

from collections.abc import Iterator

import pytest

from console import databases
from console.core.errors import Unreachable
from tests.databases.acts import execute
from tests.databases.benches import LEASE, PostgresqlBench, ticket
from tests.servers.pgbouncer import Mode, Pgbouncer
from tests.servers.pool import Pool

OUT = r"A connection pool \(PgBouncer or the like\) .* — connect to the server itself, by its own host and port"


@pytest.fixture(params=["session", "transaction", "statement"])
def bouncer(request: pytest.FixtureRequest, latest: PostgresqlBench) -> Iterator[Pgbouncer]:
    mode: Mode = request.param
    found = Pgbouncer(latest.server, mode=mode)
    yield found
    found.end()


async def test_pgbouncer_is_refused_in_each_mode(latest: PostgresqlBench, bouncer: Pgbouncer) -> None:
    with pytest.raises(Unreachable, match=OUT):
        await databases.open_target(bouncer.url(latest.database))
    assert latest.things() == []


@pytest.mark.parametrize("claimed", [False, True])
async def test_a_pool_that_hides_is_seen_as_it_changes_sessions(postgresql: PostgresqlBench, *, claimed: bool) -> None:
    async with Pool(postgresql.server.port) as pool:
        target = await databases.open_target(postgresql.server.url(postgresql.database, port=pool.port))
        identity = await target.identity()
        if not claimed:
            pool.switches = True
            with pytest.raises(Unreachable, match=OUT):
                await target.claim(LEASE)
            assert postgresql.outside("SELECT to_regclass('runbook_ledger')") == [(None,)]
        else:
            database = target.bind(ticket(epoch=await target.claim(LEASE)), identity)
            await execute(database, postgresql.add_one)
            pool.switches = True
            with pytest.raises(Unreachable, match=OUT):
                await execute(database, "INSERT INTO things VALUES (2, 'two')")
            with pytest.raises(Unreachable, match=OUT):
                await database.execute_alone("VACUUM")
            with pytest.raises(Unreachable, match=OUT):
                await database.attempt("DELETE FROM things")
            assert postgresql.things() == [(1, "one")]
        await target.close()
