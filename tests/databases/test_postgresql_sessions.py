"""Sessions in the way on PostgreSQL: what is seen of them, which are ended, and which step aside by themselves."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from console import databases
from console.core.errors import DatabaseError, LockNotFree
from console.core.observations import How
from tests.databases.acts import held
from tests.databases.benches import LEASE, PostgresqlBench, ticket
from tests.databases.lockers import ADD, PATIENT, by_application, locking, others
from tests.servers.postgresql import files


async def since(bench: PostgresqlBench, pid: int) -> str:
    """Return since when a session is connected, as it is shown."""
    shown = "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return str(bench.outside(f"SELECT {shown} FROM pg_stat_activity WHERE pid = {pid}")[0][0])


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_session_in_the_way_is_ended_when_a_person_asks(postgresql: PostgresqlBench, how: How) -> None:
    database = await held(postgresql)
    async with others(postgresql, "LOCK TABLE things IN SHARE MODE") as shop:
        sleeping = asyncio.create_task(shop.execute("SELECT pg_sleep(600)"))
        with pytest.raises(LockNotFree) as told:
            await locking(database, ADD, within=0.1)
        named = by_application(told.value.sessions)["shop"]
        assert await postgresql.target.end_session(named.pid, named.since, how=how)
        with pytest.raises(psycopg.OperationalError, match=r"cancel|terminat"):
            await sleeping
    while await postgresql.target.end_session(named.pid, named.since, how=how):
        await asyncio.sleep(0.005)
    await locking(database, ADD, within=PATIENT)


async def test_another_session_of_the_same_number_is_not_ended(latest: PostgresqlBench) -> None:
    async with others(latest, "SELECT 1") as shop:
        assert not await latest.target.end_session(
            shop.info.backend_pid, "2026-01-01T00:00:00.000000Z", how="terminate"
        )
        await shop.execute("SELECT 1")


async def test_our_own_sessions_are_never_ended(latest: PostgresqlBench) -> None:
    database = await held(latest)
    await locking(database, ADD, within=0.1)
    ((own,),) = latest.outside(
        f"SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = '{latest.database}' {NOT_ME}"
    )
    assert isinstance(own, list)
    assert len(own) == 3
    for pid in own:
        with pytest.raises(DatabaseError, match="console's own"):
            await latest.target.end_session(pid, await since(latest, pid), how="terminate")


NOT_ME = "AND pid <> pg_backend_pid()"


@pytest.fixture
async def humble(postgresql: PostgresqlBench) -> AsyncIterator[PostgresqlBench]:
    """A bench whose console is a role that owns its table and may nothing else."""
    name = f"humble_{postgresql.database}"
    rights = f"GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO {name}"
    for sql in (f"CREATE ROLE {name} LOGIN", f"ALTER TABLE things OWNER TO {name}", rights):
        postgresql.outside(sql)
    postgresql.outside(f"GRANT ALL ON SCHEMA public TO {name}")
    await postgresql.target.close()
    postgresql.target = await databases.open_target(postgresql.server.url(postgresql.database, user=name))
    yield postgresql
    await postgresql.end()
    postgresql.server.execute(f"DROP OWNED BY {name}")
    postgresql.server.execute(f"DROP ROLE {name}")


async def test_what_a_role_may_not_see_or_end_is_said_in_words(humble: PostgresqlBench) -> None:
    database = await held(humble)
    async with others(humble, "SELECT * FROM things WHERE name = 'secret'") as shop:
        with pytest.raises(LockNotFree) as told:
            await locking(database, ADD, within=0.1)
        named = by_application(told.value.sessions)["shop"]
        assert named.query == "not shown: this role may not see it (GRANT pg_read_all_stats)"
        assert (named.pid, named.since) == (shop.info.backend_pid, "")
        with pytest.raises(DatabaseError, match="GRANT pg_read_all_stats"):
            await humble.target.end_session(named.pid, named.since, how="cancel")
        humble.outside(f"GRANT pg_read_all_stats TO humble_{humble.database}")
        with pytest.raises(LockNotFree) as told:
            await locking(database, ADD, within=0.1)
        named = by_application(told.value.sessions)["shop"]
        assert named.query == "SELECT * FROM things WHERE name = …"
        with pytest.raises(DatabaseError, match=r"GRANT pg_signal_backend.*only a superuser"):
            await humble.target.end_session(named.pid, named.since, how="cancel")
        await shop.execute("SELECT 1")


async def test_without_a_third_connection_the_lock_is_still_not_waited_for(humble: PostgresqlBench) -> None:
    database = await held(humble)
    humble.outside(f"ALTER ROLE humble_{humble.database} CONNECTION LIMIT 2")
    async with others(humble, "SELECT * FROM things"):
        with pytest.raises(LockNotFree, match="lock timeout") as told:
            await locking(database, ADD, within=0.1)
    assert told.value.sessions == ()


@pytest.fixture
async def vacuumed() -> AsyncIterator[PostgresqlBench]:
    """A bench whose table an autovacuum is at, which takes hours."""
    server = files("16").copy()
    slow = {"autovacuum_vacuum_cost_delay": "100ms", "autovacuum_vacuum_cost_limit": "1"}
    server.start(autovacuum="on", autovacuum_naptime="1s", **slow)
    bench = await PostgresqlBench.opened(server)
    for sql in (
        "CREATE ROLE humble LOGIN IN ROLE pg_read_all_stats",
        "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO humble",
        "GRANT ALL ON SCHEMA public TO humble",
        "ALTER TABLE things OWNER TO humble",
        "INSERT INTO things SELECT i, 'x' FROM generate_series(1, 20000) AS i",
        "DELETE FROM things WHERE id > 10000",
    ):
        bench.outside(sql)
    while not bench.outside("SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = 'things'::regclass"):
        await asyncio.sleep(0.01)
    yield bench
    await bench.target.close()
    server.end()


async def test_an_autovacuum_steps_aside_for_a_superuser_and_is_named_to_others(vacuumed: PostgresqlBench) -> None:
    target = await databases.open_target(vacuumed.server.url(vacuumed.database, user="humble"))
    database = target.bind(ticket(epoch=await target.claim(LEASE)), await target.identity())
    with pytest.raises(LockNotFree, match="autovacuum worker"):
        await locking(database, ADD, within=0.1)
    await target.close()
    await locking(await held(vacuumed), ADD, within=0.1)
