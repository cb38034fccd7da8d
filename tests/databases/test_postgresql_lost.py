"""Connections that are lost, servers that die, consoles that are killed: what became of it is known or is in doubt."""

import asyncio
import signal
import sys

import psycopg
import pytest

from console import databases
from console.core.errors import DatabaseError, Disconnected, GateError, Unreachable
from console.core.ports import Target
from console.databases.postgresql.target import PostgresqlTarget
from tests.databases.acts import entry, execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket
from tests.servers.proxy import Fault, Proxy

OURS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
AT_WORK = f"{OURS} AND state LIKE '%active%' AND query LIKE '%pg_sleep%'"


async def until(bench: PostgresqlBench, sql: str) -> int:
    """Wait until a query returns a row; return its first value."""
    while not (found := bench.outside(sql)):
        await asyncio.sleep(0.01)
    return int(found[0][0])


async def lost_in(bench: PostgresqlBench, how: str) -> None:
    """Take the server, or its process, away from a statement under way."""
    pid = await until(bench, AT_WORK)
    match how:
        case "terminated":
            bench.outside(f"SELECT pg_terminate_backend({pid})")
        case "killed":
            bench.server.kill(pid)
        case _:
            bench.server.stop(signal.SIGQUIT)
            bench.server.start()
    bench.server.wait()


@pytest.mark.parametrize("how", ["terminated", "killed", "stopped at once"])
async def test_a_connection_lost_in_a_transaction_is_in_doubt_until_the_ledger_says_no(
    postgresql: PostgresqlBench, how: str
) -> None:
    database = await held(postgresql)
    task = asyncio.create_task(execute(database, postgresql.add_one, "SELECT pg_sleep(600)"))
    await lost_in(postgresql, how)
    with pytest.raises(Disconnected):
        await task
    assert await database.entry() is None
    assert postgresql.things() == []
    await execute(database, postgresql.add_one)
    assert postgresql.things() == [(1, "one")]


async def test_a_query_whose_connection_is_ended_says_so_and_the_next_one_answers(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    task = asyncio.create_task(database.query("SELECT pg_sleep(600)"))
    await lost_in(postgresql, "terminated")
    with pytest.raises(Disconnected):
        await task
    assert (await database.query(postgresql.read)).rows == ()


async def test_a_connection_that_was_lost_while_idle_is_opened_again(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await database.query(postgresql.read)
    for restart in (False, True):
        if restart:
            postgresql.server.stop(signal.SIGQUIT)
            postgresql.server.start()
        else:
            postgresql.outside(OURS.replace("SELECT pid", "SELECT pg_terminate_backend(pid, 5000)"))
        assert len((await database.query(postgresql.read)).rows) == int(restart)
        await execute(database, f"INSERT INTO things VALUES ({int(restart)}, 'x')")
    assert len(postgresql.things()) == 2


async def test_nothing_goes_on_outside_of_a_transaction_that_was_lost(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(postgresql.add_one)
            ((pid,),) = (await transaction.fetch("SELECT pg_backend_pid()")).rows
            postgresql.outside(f"SELECT pg_terminate_backend({pid}, 5000)")
            for number in (2, 3):
                with pytest.raises(Disconnected):
                    await transaction.execute(f"INSERT INTO things VALUES ({number}, 'x')")

    with pytest.raises(Disconnected):
        await step()
    assert postgresql.things() == []


async def test_a_server_that_is_down_is_out_of_reach_and_nothing_was_sent(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    postgresql.server.stop()
    with pytest.raises(Unreachable, match="check host, port"):
        await execute(database, postgresql.add_one)
    with pytest.raises(Unreachable):
        await database.query(postgresql.read)
    with pytest.raises(Unreachable):
        await postgresql.target.identity()
    postgresql.server.start()
    await execute(database, postgresql.add_one)


async def through(proxy: Proxy, bench: PostgresqlBench) -> Target:
    return await databases.open_target(bench.server.url(bench.database, port=proxy.port), patience=1.0, away=0.2)


@pytest.mark.parametrize(("fault", "happened"), [("before", False), ("after", True)])
async def test_a_commit_whose_answer_is_lost_is_looked_up_in_the_ledger(
    postgresql: PostgresqlBench, *, fault: Fault, happened: bool
) -> None:
    async with Proxy(postgresql.server.port) as proxy:
        target = await through(proxy, postgresql)
        epoch = await target.claim(LEASE)
        database = target.bind(ticket(epoch=epoch), await target.identity())
        proxy.strike(fault, at=b"COMMIT\0")
        if happened:
            await execute(database, postgresql.add_one)
        else:
            with pytest.raises(DatabaseError, match="by the ledger nothing was committed"):
                await execute(database, postgresql.add_one)
        assert (await database.entry() is not None) is happened
        assert len(postgresql.things()) == int(happened)
        await target.close()


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_commit_of_a_server_that_is_gone_is_in_doubt_and_settled_when_it_is_back(
    postgresql: PostgresqlBench, fault: Fault
) -> None:
    async with Proxy(postgresql.server.port) as proxy:
        target = await through(proxy, postgresql)
        epoch = await target.claim(LEASE)
        database = target.bind(ticket(epoch=epoch), await target.identity())
        proxy.strike(fault, at=b"COMMIT\0")
        proxy.refuses = True
        with pytest.raises(Disconnected, match="lost at COMMIT"):
            await execute(database, postgresql.add_one)
        postgresql.server.stop(signal.SIGQUIT)
        postgresql.server.start()
        proxy.refuses = False
        assert (await database.entry() is not None) is (fault == "after")
        assert len(postgresql.things()) == int(fault == "after")
        await target.close()


KILLED = """
import asyncio, sys
from console import databases
from tests.databases.acts import execute
from tests.databases.benches import LEASE, ticket

async def main():
    target = await databases.open_target(sys.argv[1])
    epoch = await target.claim(LEASE)
    database = target.bind(ticket(epoch=epoch), await target.identity())
    if sys.argv[2] == "alone":
        await database.execute_alone(sys.argv[3])
    else:
        await execute(database, sys.argv[3])

asyncio.run(main())
"""


async def killed(bench: PostgresqlBench, how: str, sql: str, *, seen: str) -> int:
    """Kill a console that executes a statement; return the server's process, which goes on."""
    console = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, bench.url, how, sql)
    pid = await until(bench, f"{OURS} AND query LIKE '{seen}%' AND state = 'active'")
    console.kill()
    await console.wait()
    return pid


async def test_the_session_of_a_killed_console_is_waited_for_and_named(postgresql: PostgresqlBench) -> None:
    sql = "INSERT INTO things SELECT 1, 'late' FROM (SELECT pg_sleep(600)) AS s"
    pid = await killed(postgresql, "inside", sql, seen="INSERT")
    with pytest.raises(
        GateError, match=rf"still at work.*process {pid} \(runbook r1 fill\).*pg_terminate_backend\({pid}\)"
    ):
        await postgresql.target.claim(LEASE)
    database = postgresql.target.bind(ticket(epoch=1), await postgresql.target.identity())
    with pytest.raises(DatabaseError, match="still at work"):
        await database.entry()
    postgresql.outside(f"SELECT pg_terminate_backend({pid})")
    assert await database.entry() is None
    assert await postgresql.target.claim(LEASE) == 2
    assert postgresql.things() == []


async def test_waiting_for_a_killed_consoles_concurrent_build_does_not_hold_it_up(postgresql: PostgresqlBench) -> None:
    with psycopg.connect(postgresql.url) as other:
        other.execute("INSERT INTO things VALUES (9, 'nine')")
        sql = "CREATE INDEX CONCURRENTLY by_name ON things (name)"
        await killed(postgresql, "alone", sql, seen="CREATE INDEX")
        with pytest.raises(GateError, match="still at work"):
            await postgresql.target.claim(LEASE)
        patient = await databases.open_target(postgresql.url, patience=600)
        claiming = asyncio.create_task(patient.claim(LEASE))
        await asyncio.wait({claiming}, timeout=0.3)
        assert not claiming.done()
    assert await claiming == 2
    database = patient.bind(ticket(epoch=2), await patient.identity())
    assert (await database.ask("index", name="by_name")).rows == (("by_name", True),)
    assert await database.entry() is None
    await patient.close()


async def test_two_claims_at_once_take_turns(postgresql: PostgresqlBench) -> None:
    others = [await postgresql.second() for _ in range(4)]
    assert sorted(await asyncio.gather(*(each.claim(LEASE) for each in others))) == [1, 2, 3, 4]
    for each in others:
        await each.close()


async def test_a_claim_waits_for_the_transaction_of_the_engine_before_it(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    second = await databases.open_target(postgresql.url, patience=60)
    async with database.transaction(completes=True) as transaction:
        await transaction.execute(postgresql.add_one)
        claiming = asyncio.create_task(second.claim(LEASE))
        await asyncio.wait({claiming}, timeout=0.2)
        assert not claiming.done()
    assert await claiming == 2
    assert postgresql.things() == [(1, "one")]
    assert (await entry(second.bind(ticket(epoch=2), await second.identity()))).applied_at
    await second.close()


@pytest.mark.parametrize("fault", ["swallowed", "unanswered"])
@pytest.mark.parametrize("at", ["INSERT INTO things", "COMMIT\0"])
async def test_a_line_that_carries_nothing_any_more_is_given_up_and_what_became_of_it_is_found_out(
    latest: PostgresqlBench, fault: Fault, at: str
) -> None:
    async with Proxy(latest.server.port) as proxy:
        target = await through(proxy, latest)
        assert isinstance(target, PostgresqlTarget)
        target._lookout.hears_within = 0.1
        epoch = await target.claim(LEASE)
        database = target.bind(ticket(epoch=epoch), await target.identity())
        proxy.strike(fault, at=at.encode())
        step = asyncio.create_task(execute(database, latest.add_one))
        while not (await asyncio.wait({step}, timeout=0.05))[0]:
            await target.observe("fill")
        happened = (fault, at) == ("unanswered", "COMMIT\0")
        assert (step.exception() is None) is happened
        assert (await database.entry() is not None) is happened
        assert latest.things() == [(1, "one")] * happened
        await execute(database, "INSERT INTO things VALUES (2, 'two')")
        await target.close()


async def test_a_server_that_says_nothing_is_out_of_reach(latest: PostgresqlBench) -> None:
    async with Proxy(latest.server.port) as proxy:
        proxy.strike("swallowed", at=b"user")
        with pytest.raises(Unreachable):
            await databases.open_target(f"{latest.server.url(port=proxy.port)}?connect_timeout=2")
