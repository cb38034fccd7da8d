"""What PostgreSQL tells of a statement under way: how far it is, and what it says beside its answer."""

import asyncio
from collections.abc import Awaitable

import pytest

from console.core.errors import DatabaseError, Interrupted
from console.core.observations import Noticed, Observation, ServerProgressed
from console.core.ports import Database
from tests.databases.acts import execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket

MANY = "INSERT INTO things SELECT i, repeat('x', 90) FROM generate_series(1, 300000) AS i"


async def seen(bench: PostgresqlBench, call: Awaitable[object], *, wanted: str) -> list[ServerProgressed]:
    """Look at a call without a rest until what is wanted was seen or it is over; return all that was seen."""
    task = asyncio.ensure_future(call)
    found: list[ServerProgressed] = []
    while not task.done() and not any(each.doing.startswith(wanted) and each.done for each in found):
        found += [each for each in await bench.target.observe("fill") if isinstance(each, ServerProgressed)]
        await asyncio.sleep(0)
    await task
    return found


async def test_the_build_of_an_index_is_told_by_its_phases(postgresql: PostgresqlBench) -> None:
    postgresql.outside(MANY)
    database = await held(postgresql)
    building = execute(database, "CREATE INDEX by_name ON things (name, id)")
    found = await seen(postgresql, building, wanted="CREATE INDEX: building index")
    (last,) = [each for each in found if each.doing.startswith("CREATE INDEX: ") and each.done][-1:]
    assert last.unit in ("blocks", "rows")
    assert last.total
    assert last.done
    assert last.done <= last.total
    assert last.seconds > 0
    assert await postgresql.target.observe("fill") == ()


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) things", "VACUUM: "),
        ("CREATE INDEX CONCURRENTLY by_name ON things (name, id)", "CREATE INDEX CONCURRENTLY: "),
        ("VACUUM FULL things", "VACUUM FULL: "),
        ("CLUSTER things USING things_pkey", "CLUSTER: "),
    ],
)
async def test_what_is_executed_alone_is_told_by_its_phases(postgresql: PostgresqlBench, sql: str, wanted: str) -> None:
    postgresql.outside(MANY)
    database = await held(postgresql)
    found = await seen(postgresql, database.execute_alone(sql), wanted=wanted)
    assert any(each.doing.startswith(wanted) for each in found)


async def test_a_copy_is_told_by_its_bytes_or_rows(postgresql: PostgresqlBench) -> None:
    postgresql.outside(MANY)
    database = await held(postgresql)
    found = await seen(postgresql, execute(database, "COPY things TO '/dev/null'"), wanted="COPY TO: file")
    assert any((each.doing, each.unit) == ("COPY TO: file", "rows") and each.done for each in found)


@pytest.mark.parametrize(
    ("sql", "doing"),
    [
        ("UPDATE things SET name = name || 'y'", "UPDATE"),
        ("ALTER TABLE things ALTER COLUMN id TYPE numeric", "ALTER TABLE ALTER COLUMN TYPE"),
    ],
)
async def test_what_the_server_has_no_view_of_is_told_by_its_growth(
    postgresql: PostgresqlBench, sql: str, doing: str
) -> None:
    postgresql.outside(MANY.replace("300000", "80000"))
    database = await held(postgresql)
    found = await seen(postgresql, execute(database, sql), wanted="nothing")
    grown = [each.grown for each in found if each.doing == doing and each.grown is not None]
    assert max(grown) > 1_000_000
    assert grown == sorted(grown)


async def test_nobody_looks_at_what_is_idle(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    assert await postgresql.target.observe("fill") == ()
    async with database.transaction(completes=True) as transaction:
        await transaction.execute(postgresql.add_one)
        assert await postgresql.target.observe("fill") == ()


async def test_what_it_waits_for_is_told(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    task = asyncio.create_task(database.query("SELECT pg_sleep(600)"))
    found: tuple[Observation, ...] = ()
    while not found:
        await asyncio.sleep(0)
        found = await postgresql.target.observe("fill")
    (progressed,) = found
    assert isinstance(progressed, ServerProgressed)
    assert (progressed.doing, progressed.waits_for) == ("SELECT", "Timeout: PgSleep")
    await postgresql.target.cancel()
    with pytest.raises(Interrupted):
        await task


async def heard(bench: PostgresqlBench) -> tuple[Database, list[str]]:
    """Return a handle, and the list into which what is noticed goes."""
    said: list[str] = []

    def say(observation: Observation) -> None:
        assert isinstance(observation, Noticed)
        assert observation.step == "fill"
        said.append(observation.text)

    epoch = await bench.target.claim(LEASE)
    return bench.target.bind(ticket(epoch=epoch), await bench.target.identity(), say=say), said


async def test_what_the_server_notices_is_told_in_its_turn(postgresql: PostgresqlBench) -> None:
    database, said = await heard(postgresql)
    async with database.transaction(completes=True) as transaction:
        await transaction.execute("DROP TABLE IF EXISTS nothing")
        while not said:
            await asyncio.sleep(0)
        await transaction.execute("DO $$ BEGIN RAISE WARNING 'half of it'; RAISE NOTICE 'all of it'; END $$")
    told = ['NOTICE: table "nothing" does not exist, skipping', "WARNING: half of it", "NOTICE: all of it"]
    assert said == told
    await database.execute_alone("VACUUM (VERBOSE) things")
    assert any(each.startswith("INFO: vacuuming") for each in said)


async def test_no_value_is_in_what_a_function_says(postgresql: PostgresqlBench) -> None:
    postgresql.outside("INSERT INTO things VALUES (1, 'joe@example.org')")
    body = "$$ BEGIN RAISE NOTICE 'now % of %', NEW.id, OLD.name; RAISE NOTICE '%', OLD.name; RETURN NEW; END $$"
    postgresql.outside(f"CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS {body}")
    postgresql.outside("CREATE TRIGGER tell BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION tell()")
    database, said = await heard(postgresql)
    await execute(database, "UPDATE things SET name = 'x'")
    assert said == ["NOTICE: now … of …", "NOTICE: … (15 characters that a row may hold are left out)"]


async def test_a_function_that_gives_its_error_another_code_hides_no_value(postgresql: PostgresqlBench) -> None:
    postgresql.outside("INSERT INTO things VALUES (1, 'joe@example.org')")
    body = "$$ BEGIN RAISE EXCEPTION 'the address % is taken', OLD.name USING ERRCODE = '23505'; END $$"
    postgresql.outside(f"CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS {body}")
    postgresql.outside("CREATE TRIGGER guard BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION guard()")
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match="the address … is taken"):
        await execute(database, "UPDATE things SET name = 'x'")


async def test_a_flood_of_notices_is_cut(latest: PostgresqlBench) -> None:
    database, said = await heard(latest)
    loop = "FOR i IN 1..20000 LOOP RAISE NOTICE 'one more'; END LOOP;"
    await execute(database, f"DO $$ BEGIN {loop} RAISE NOTICE '%', repeat('x', 100000); END $$")
    assert len(said) < 20_000
    assert any("came too fast" in each for each in said)
    assert all(len(each) <= 500 for each in said)


async def test_nothing_is_told_once_the_step_is_over(latest: PostgresqlBench) -> None:
    database, said = await heard(latest)
    await execute(database, latest.add_one)
    await latest.target.claim(LEASE)
    assert said == []
