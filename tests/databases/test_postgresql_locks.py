"""Locks on PostgreSQL: a step lets others past, says who is in its way, and ends only the session that is meant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import pytest

from console.core.errors import DatabaseError, Interrupted, LockNotFree
from console.core.observations import LockAwaited
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import PostgresqlBench
from tests.databases.lockers import ADD, PATIENT, by_application, locking, others, until_waiting
from tests.servers.postgresql import files


async def test_a_lock_that_is_not_had_in_time_is_told_with_who_holds_it(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with others(postgresql, "SELECT * FROM things WHERE name = 'joe@example.org'") as reader:
        with pytest.raises(LockNotFree, match=r"ACCESS EXCLUSIVE on things.* in 0\.1 s") as told:
            await locking(database, postgresql.add_one, ADD, within=0.1)
        pid = reader.info.backend_pid
    assert told.value.behind == 0
    sessions = by_application(told.value.sessions)
    assert set(sessions) == {"shop", "runbook r1 fill"}
    assert sessions["shop"].pid == pid
    assert (sessions["shop"].user, sessions["shop"].state) == ("postgres", "idle in transaction")
    assert sessions["shop"].query == "SELECT * FROM things WHERE name = …"
    assert sessions["shop"].seconds > 0
    ours = sessions["runbook r1 fill"]
    assert (ours.ours, ours.blocked_by, ours.query) == (True, (pid,), ADD)
    assert f"process {pid} (shop, postgres, idle in transaction) is in the way" in told.value.message
    assert postgresql.things() == []
    assert await database.entry() is None
    await locking(database, ADD, within=0.1)
    assert (await entry(database)).applied_at


async def test_a_step_gives_way_as_soon_as_others_wait_behind_it(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with others(postgresql, "SELECT * FROM things"), others(postgresql, application="web") as behind:
        step = asyncio.create_task(locking(database, ADD, within=PATIENT))
        await until_waiting(postgresql)
        await behind.execute("SELECT * FROM things")
        with pytest.raises(LockNotFree, match="1 session began to wait behind it") as told:
            await step
    assert told.value.behind == 1
    waiting = by_application(told.value.sessions)["web"]
    assert waiting.blocked_by == tuple(each.pid for each in told.value.sessions if each.ours)


async def test_who_has_got_the_lock_does_not_give_way(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with others(postgresql, application="web") as behind:
        step = asyncio.create_task(locking(database, ADD, "SELECT pg_sleep(0.3)", within=PATIENT))
        while not postgresql.outside("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(0.3%'"):
            await asyncio.sleep(0.005)
        await behind.execute("SELECT * FROM things")
        await step
    assert (await entry(database)).applied_at


async def test_a_chain_is_followed_to_its_end(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with (
        others(postgresql, "LOCK TABLE things IN ACCESS EXCLUSIVE MODE", application="first"),
        others(postgresql, "CREATE TABLE parts (id int)", application="second") as second,
    ):
        middle = asyncio.create_task(second.execute("SELECT * FROM things"))
        await until_waiting(postgresql)
        second_step = locking(database, "LOCK TABLE things IN SHARE MODE", within=0.2)
        with pytest.raises(LockNotFree) as told:
            await second_step
        assert "first" in by_application(told.value.sessions)
        middle.cancel()
        with suppress(asyncio.CancelledError, psycopg.Error):
            await middle


async def test_a_row_that_somebody_holds_is_told_as_the_end_of_a_transaction(postgresql: PostgresqlBench) -> None:
    postgresql.outside(postgresql.add_one)
    database = await held(postgresql)
    async with others(postgresql, "UPDATE things SET name = 'x' WHERE id = 1"):
        with pytest.raises(LockNotFree, match="the end of another transaction") as told:
            await locking(database, "UPDATE things SET name = 'y'", within=0.1)
    assert "shop" in by_application(told.value.sessions)


async def test_a_deadlock_can_be_tried_again(postgresql: PostgresqlBench) -> None:
    postgresql.outside("INSERT INTO things VALUES (1, 'one'), (2, 'two')")
    postgresql.outside(f"ALTER DATABASE {postgresql.database} SET deadlock_timeout = '50ms'")
    database = await held(postgresql)
    own, other = "UPDATE things SET name = 'a' WHERE id = {}", "UPDATE things SET name = 'b' WHERE id = {}"
    async with others(postgresql, "SET deadlock_timeout = '100s'", other.format(2)) as shop:

        async def step() -> None:
            async with database.transaction(completes=True) as transaction:
                await transaction.execute(own.format(1))
                waiting = asyncio.create_task(shop.execute(other.format(1).encode()))
                await until_waiting(postgresql)
                try:
                    await transaction.execute(own.format(2))
                finally:
                    await asyncio.sleep(0)
                    await asyncio.wait({waiting}, timeout=0)

        with pytest.raises(LockNotFree, match="deadlock"):
            await step()
    assert {name for _, name in postgresql.things()} == {"one", "two"}
    assert await database.entry() is None


async def test_what_a_step_sets_lock_timeout_to_comes_first(latest: PostgresqlBench) -> None:
    database = await held(latest)
    async with others(latest, "SELECT * FROM things"):
        with pytest.raises(LockNotFree):
            await locking(database, "SET LOCAL lock_timeout = '50ms'", ADD, within=PATIENT)


async def test_a_cancel_while_a_lock_is_awaited_is_a_cancel(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with others(postgresql, "SELECT * FROM things"):
        with pytest.raises(Interrupted):
            await cancelled(postgresql.target, locking(database, ADD, within=PATIENT))


async def test_a_statement_alone_waits_for_as_long_as_it_takes(latest: PostgresqlBench) -> None:
    database = await held(latest)
    async with others(latest, "SELECT * FROM things", "INSERT INTO things VALUES (9, 'nine')") as shop:
        step = asyncio.create_task(database.execute_alone("CREATE INDEX CONCURRENTLY by_name ON things (name)"))
        await until_waiting(latest)
        (awaited, *_) = await latest.target.observe("fill")
        assert isinstance(awaited, LockAwaited)
        assert by_application(awaited.sessions)["shop"].pid == shop.info.backend_pid
        await shop.commit()
        await step
    assert (await database.ask("index", name="by_name")).rows == (("by_name", True),)


async def test_a_step_that_waits_is_seen_from_outside(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with others(postgresql, "SELECT * FROM things"):
        step = asyncio.create_task(execute(database, ADD))
        await until_waiting(postgresql)
        (awaited, *_) = await postgresql.target.observe("fill")
        assert isinstance(awaited, LockAwaited)
        assert (awaited.step, awaited.tries, awaited.behind) == ("fill", 1, 0)
        assert set(by_application(awaited.sessions)) == {"shop", "runbook r1 fill"}
    await step
    assert await postgresql.target.observe("fill") == ()


@pytest.fixture
async def two_phase() -> AsyncIterator[PostgresqlBench]:
    server = files("16").copy()
    server.start(max_prepared_transactions="2")
    bench = await PostgresqlBench.opened(server)
    yield bench
    await bench.target.close()
    server.end()


async def test_a_prepared_transaction_in_the_way_is_shown_by_its_name(two_phase: PostgresqlBench) -> None:
    async with others(two_phase, "SELECT * FROM things", "PREPARE TRANSACTION 'two-phase 7'"):
        database = await held(two_phase)
        with pytest.raises(LockNotFree) as told:
            await locking(database, ADD, within=0.1)
    (prepared, ours) = told.value.sessions
    assert (prepared.pid, prepared.query, prepared.state) == (0, "PREPARE TRANSACTION two-phase 7", "prepared")
    assert ours.blocked_by == (0,)
    with pytest.raises(DatabaseError, match="ROLLBACK PREPARED"):
        await two_phase.target.end_session(0, prepared.since, how="cancel")
