"""Which server it is: a replica, one that was promoted, moved or restored, and a pool are told apart, not written."""

import signal
from collections.abc import Iterator

import pytest

from console import databases
from console.core.errors import Unreachable, WrongTarget
from console.core.identity import Identity
from console.core.ports import Target
from tests.databases.acts import execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket
from tests.servers import processes
from tests.servers.postgresql import BINARIES, Postgresql, files
from tests.servers.proxy import Proxy

ADD = "INSERT INTO things VALUES (1, 'one')"


@pytest.fixture(params=BINARIES)
def alone(request: pytest.FixtureRequest) -> Iterator[Postgresql]:
    """Return a server of its own, which the test may stop, move and copy."""
    server = files(request.param).copy()
    server.start()
    server.execute("CREATE TABLE things (id bigint PRIMARY KEY, name text)")
    yield server
    server.end()


async def opened(server: Postgresql) -> Target:
    return await databases.open_target(server.url(), patience=1.0)


async def begun(server: Postgresql) -> tuple[Target, Identity]:
    """Return a target that a run holds, and what it was when the run began."""
    target = await opened(server)
    assert await target.claim(LEASE) == 1
    return target, await target.identity()


async def refused(target: Target, expected: Identity, *, why: str, reads: bool = False) -> None:
    """Every way to write is refused, and every way to read unless it may."""
    database = target.bind(ticket(epoch=1), expected)
    with pytest.raises(WrongTarget, match=why):
        await execute(database, ADD)
    with pytest.raises(WrongTarget, match=why):
        await database.execute_alone("VACUUM")
    with pytest.raises(WrongTarget, match=why):
        await database.attempt(ADD)
    if reads:
        assert (await database.query("SELECT * FROM things")).rows == ()
        return
    with pytest.raises(WrongTarget, match=why):
        await database.query("SELECT * FROM things")
    with pytest.raises(WrongTarget, match=why):
        await database.entry()


async def test_an_identity_names_what_can_change(postgresql: PostgresqlBench) -> None:
    found = await postgresql.target.identity()
    assert (found.engine, found.name) == ("postgresql", postgresql.database)
    assert found.label == f"127.0.0.1:{postgresql.server.port}/{postgresql.database}"
    assert found.version.startswith(postgresql.server.version)
    names = {"system", "timeline", "role", "address", "port", "data_directory", "oid", "database", "schema"}
    assert set(found.facts) == names
    assert all(found.facts.values())


async def test_another_database_of_the_same_server_is_another_target(postgresql: PostgresqlBench) -> None:
    other = await PostgresqlBench.opened(postgresql.server)
    await other.target.claim(LEASE)
    database = other.target.bind(ticket(epoch=1), await postgresql.target.identity())
    with pytest.raises(WrongTarget, match=f"database was {postgresql.database} and is {other.database}"):
        await execute(database, other.add_one)
    await other.end()


async def test_a_ledger_in_another_schema_is_another_target(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    postgresql.outside("CREATE SCHEMA aside")
    postgresql.outside(f"ALTER DATABASE {postgresql.database} SET search_path = aside, public")
    second = await postgresql.second()
    with pytest.raises(WrongTarget, match="schema was public and is aside"):
        await execute(second.bind(database.ticket, await postgresql.target.identity()), postgresql.add_one)
    await second.close()


async def test_a_server_that_listens_on_another_port_is_not_the_one_the_run_began_on(alone: Postgresql) -> None:
    target, expected = await begun(alone)
    await target.close()
    before = alone.port
    alone.stop()
    alone.port = processes.free_port()
    alone.start()
    moved = await opened(alone)
    await refused(moved, expected, why=f"port was {before} and is {alone.port}")
    await moved.close()


async def test_a_role_that_may_not_see_the_servers_settings_can_still_be_told_its_database(
    postgresql: PostgresqlBench,
) -> None:
    postgresql.server.execute("DROP ROLE IF EXISTS humble")
    postgresql.server.execute("CREATE ROLE humble LOGIN")
    target = await databases.open_target(postgresql.server.url(postgresql.database, user="humble"))
    expected = await target.identity()
    assert [name for name, value in expected.facts.items() if not value] == ["data_directory"]
    database = target.bind(ticket(), expected)
    assert (await database.query("SELECT 1")).rows == ((1,),)
    postgresql.server.execute("GRANT pg_read_all_settings TO humble")
    with pytest.raises(WrongTarget, match=r"was given, or lost, the right .*data_directory was not known and is /"):
        await database.query("SELECT 1")
    await target.close()
    postgresql.server.execute("DROP ROLE humble")


async def test_a_server_that_was_only_restarted_is_the_same(alone: Postgresql) -> None:
    target, expected = await begun(alone)
    alone.stop(signal.SIGQUIT)
    alone.start()
    await execute(target.bind(ticket(epoch=1), expected), ADD)
    await target.close()


async def test_a_copy_of_the_files_is_not_the_one_the_run_began_on(alone: Postgresql) -> None:
    target, expected = await begun(alone)
    await target.close()
    alone.stop()
    other = alone.copy()
    other.port = alone.port
    other.start()
    copied = await opened(other)
    await refused(copied, expected, why="data_directory was")
    await copied.close()
    other.end()


async def test_a_replica_is_not_written_and_neither_is_it_when_promoted(alone: Postgresql) -> None:
    target, expected = await begun(alone)
    follower = alone.replica()
    follower.start()
    replica = await opened(follower)
    seen = await replica.identity()
    assert seen.facts["role"] == "replica"
    with pytest.raises(WrongTarget, match=r"is a replica.*name the primary"):
        await replica.claim(LEASE)
    await refused(replica, seen, why="is a replica", reads=True)
    follower.execute("SELECT pg_promote()")
    await refused(replica, seen, why="replication changed .role was replica and is primary.; it was promoted")
    await refused(
        replica,
        expected,
        why="it was promoted, or restored to a point in time, .*timeline was 00000001 and is 00000002",
    )
    for each in (replica, target):
        await each.close()
    follower.end()


async def test_another_server_under_the_same_url_is_not_written(alone: Postgresql) -> None:
    target, expected = await begun(alone)
    alone.stop()
    other = Postgresql.made(alone.version)
    other.port = alone.port
    other.start()
    other.execute("CREATE TABLE things (id bigint PRIMARY KEY, name text)")
    await refused(target, expected, why="system was")
    assert await target.ledger() == ()
    await target.close()
    other.end()


async def test_a_pool_before_the_server_is_refused(postgresql: PostgresqlBench) -> None:
    async with Proxy(postgresql.server.port) as proxy:
        proxy.other_pids = True
        with pytest.raises(Unreachable, match=r"pool.*connect to the server itself"):
            await databases.open_target(postgresql.server.url(postgresql.database, port=proxy.port))


async def test_a_server_that_is_too_old_is_refused(postgresql: PostgresqlBench) -> None:
    ((version,),) = postgresql.outside("SHOW server_version")
    old = b"9.6".ljust(len(str(version)))
    async with Proxy(postgresql.server.port) as proxy:
        proxy.altered = {str(version).encode(): old}
        with pytest.raises(Unreachable, match=r"PostgreSQL 9.*too old — use PostgreSQL 13 or newer"):
            await databases.open_target(postgresql.server.url(postgresql.database, port=proxy.port))
