"""What every database has to do for a run, whatever its engine: the ledger, the lease, the transaction."""

import asyncio

import pytest
from msgspec.structs import replace

from console.core.errors import DatabaseError, Interrupted, WrongTarget
from console.core.observations import ServerProgressed
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import LEASE, Bench, ticket


async def test_a_query_cannot_write(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(DatabaseError, match="only read"):
        await database.query(bench.add_one)
    assert bench.things() == []


async def test_what_a_step_changed_is_committed_with_its_ledger_row(bench: Bench) -> None:
    database = await held(bench)
    await execute(database, bench.add_one)
    assert bench.things() == [(1, "one")]
    found = await entry(database)
    assert (found.run, found.step, found.version, found.description) == ("r1", "fill", "users-org-id", "Fill it")
    assert (found.checksum, found.environment, found.attempt, found.epoch) == ("c0ffee", "staging", 1, 1)
    assert found.applied_at
    assert found.rolled_back_at is None
    assert found.execution_ms is not None
    assert found.journal_head == "abc"
    assert await bench.target.ledger() == (found,)


async def test_nobody_sees_a_change_before_it_is_committed(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=True) as transaction:
        assert await transaction.execute(bench.add_one) == 1
        assert (await transaction.fetch(bench.read)).rows == ((1, "one"),)
        assert (await database.query(bench.read)).rows == ()
        assert await database.entry() is None
        assert bench.things() == []


async def test_a_failing_statement_leaves_nothing(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(DatabaseError):
        await execute(database, bench.add_one, bench.add_one)
    assert bench.things() == []
    assert await bench.target.ledger() == ()


async def test_an_error_of_the_step_itself_leaves_nothing(bench: Bench) -> None:
    database = await held(bench)

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(bench.add_one)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await step()
    assert bench.things() == []
    assert await database.entry() is None
    await execute(database, bench.add_one)


async def test_a_task_that_is_cancelled_leaves_nothing(bench: Bench) -> None:
    database = await held(bench)
    inside = asyncio.Event()

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(bench.add_one)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(step())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.things() == []
    await execute(database, bench.add_one)
    assert bench.things() == [(1, "one")]


async def test_a_batch_commits_its_position_but_not_the_step(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=False) as transaction:
        await transaction.execute(bench.add_one)
        transaction.position('{"after": 1}', 1)
    found = await entry(database)
    assert (found.position, found.rows, found.applied_at) == ('{"after": 1}', 1, None)
    async with database.transaction(completes=True) as transaction:
        await transaction.execute(bench.add, (2, "two"))
    after = await entry(database)
    assert (after.position, after.rows) == ('{"after": 1}', 1)
    assert after.applied_at


async def test_a_batch_that_is_rolled_back_leaves_the_position_of_the_one_before(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=False) as transaction:
        await transaction.execute(bench.add_one)
        transaction.position("1", 1)

    async def batch() -> None:
        async with database.transaction(completes=False) as transaction:
            transaction.position("2", 2)
            await transaction.execute(bench.add_one)

    with pytest.raises(DatabaseError):
        await batch()
    found = await entry(database)
    assert (found.position, found.rows) == ("1", 1)


async def test_an_undo_marks_the_row_and_clears_the_position(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=True) as transaction:
        transaction.position("1", 1)
    applied = (await entry(database)).applied_at
    undo = bench.target.bind(replace(database.ticket, action="undo", attempt=2), await bench.target.identity())
    await execute(undo, bench.add_one)
    found = await entry(undo)
    assert found.applied_at == applied
    assert found.rolled_back_at
    assert (found.position, found.rows, found.attempt) == (None, 0, 2)
    again = bench.target.bind(replace(database.ticket, attempt=3), await bench.target.identity())
    async with again.transaction(completes=True) as transaction:
        await transaction.execute(bench.add, (2, "two"))
    assert (await entry(again)).rolled_back_at is None


async def test_the_ledger_keeps_the_order_in_which_steps_were_first_written(bench: Bench) -> None:
    epoch = await bench.target.claim(LEASE)
    for step in ("z", "a", "m", "z"):
        database = bench.target.bind(ticket(step=step, epoch=epoch), await bench.target.identity())
        async with database.transaction(completes=True) as transaction:
            await transaction.fetch(bench.read)
    assert [found.step for found in await bench.target.ledger()] == ["z", "a", "m"]


async def test_an_attempt_leaves_nothing_and_tells_the_error(bench: Bench) -> None:
    database = await held(bench)
    assert await database.attempt(bench.add_one) is None
    assert bench.things() == []
    await execute(database, bench.add_one)
    assert await database.attempt(bench.add_one)
    assert bench.things() == [(1, "one")]
    assert len(await bench.target.ledger()) == 1


async def test_a_statement_alone_is_in_the_ledger_when_it_is_done(bench: Bench) -> None:
    database = await held(bench)
    await database.execute_alone(bench.alone)
    assert (await entry(database)).applied_at


async def test_cancel_interrupts_a_query(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(Interrupted):
        await cancelled(bench.target, database.query(bench.endless))
    assert (await database.query(bench.read)).rows == ()


async def test_cancel_interrupts_an_attempt(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(Interrupted):
        await cancelled(bench.target, database.attempt(bench.endless_write))
    assert await database.attempt(bench.add_one) is None


async def test_cancel_rolls_back_what_was_under_way(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(Interrupted):
        await cancelled(bench.target, execute(database, bench.add_one, bench.endless_write))
    assert bench.things() == []
    assert await database.entry() is None
    await execute(database, bench.add_one)
    assert bench.things() == [(1, "one")]


async def test_cancel_with_nothing_under_way_stops_nothing_later(bench: Bench) -> None:
    database = await held(bench)
    await bench.target.cancel()
    await execute(database, bench.add_one)
    await bench.target.cancel()
    assert (await database.query(bench.read)).rows == ((1, "one"),)


async def test_values_come_back_whole_whatever_they_are(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=True) as transaction:
        for number, value in enumerate(bench.values):
            await transaction.execute(bench.add, (number, value))
    found = (await database.query(bench.read)).rows
    assert [value for _, value in found] == list(bench.values)
    assert [type(value) for _, value in found] == [type(value) for value in bench.values]


async def test_a_query_returns_no_more_rows_than_asked_for_and_says_so(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=True) as transaction:
        for number in range(3):
            await transaction.execute(bench.add, (number, "x"))
    assert len((await database.query(bench.read, limit=2)).rows) == 2
    assert (await database.query(bench.read, limit=2)).truncated
    assert not (await database.query(bench.read, limit=3)).truncated


async def test_a_checksum_changes_with_the_content(bench: Bench) -> None:
    database = await held(bench)
    empty = await database.checksum("things", ())
    await execute(database, bench.add_one)
    one = await database.checksum("things", ())
    assert one == await database.checksum("things", ())
    assert one != empty


async def test_a_question_that_nobody_knows_is_an_error(bench: Bench) -> None:
    database = await held(bench)
    with pytest.raises(DatabaseError):
        await database.ask("the_weather")


async def test_the_schema_does_not_show_the_ledger(bench: Bench) -> None:
    database = await held(bench)
    assert [row[1] for row in (await database.ask("schema")).rows] == ["things"]


async def test_names_are_quoted_part_by_part(bench: Bench) -> None:
    assert await (await held(bench)).quote(bench.name) == bench.quoted


async def test_another_database_in_its_place_is_neither_written_nor_read(bench: Bench) -> None:
    database = await held(bench)
    bench.replace()
    with pytest.raises(WrongTarget):
        await execute(database, bench.add_one)
    with pytest.raises(WrongTarget):
        await database.attempt(bench.add_one)
    with pytest.raises(WrongTarget):
        await database.execute_alone(bench.alone)
    with pytest.raises(WrongTarget):
        await database.query(bench.read)
    with pytest.raises(WrongTarget):
        await database.ask("schema")
    with pytest.raises(WrongTarget):
        await database.checksum("things", ())
    with pytest.raises(WrongTarget):
        await database.entry()
    assert bench.things() == []


async def test_a_handle_for_another_database_writes_nothing(bench: Bench) -> None:
    epoch = await bench.target.claim(LEASE)
    expected = replace(await bench.target.identity(), facts={"serial": "another"})
    with pytest.raises(WrongTarget):
        await execute(bench.target.bind(ticket(epoch=epoch), expected), bench.add_one)
    assert bench.things() == []


async def test_a_transaction_that_waits_briefly_for_locks_is_one_like_any_other(bench: Bench) -> None:
    database = await held(bench)
    async with database.transaction(completes=True, lock_timeout=0.1) as transaction:
        assert await transaction.execute(bench.add_one) == 1
    assert (await entry(database)).applied_at
    assert bench.things() == [(1, "one")]


async def test_what_is_idle_and_whole_has_nothing_to_be_seen(bench: Bench) -> None:
    database = await held(bench)
    assert await bench.target.observe("fill") == ()
    assert await bench.target.debris() == ()
    await execute(database, bench.add_one)
    assert await bench.target.observe("fill") == ()
    assert await bench.target.debris() == ()


async def test_looking_at_a_statement_under_way_does_not_hold_it_up(bench: Bench) -> None:
    database = await held(bench)
    working = asyncio.create_task(execute(database, bench.endless_write))
    await asyncio.wait({working}, timeout=0.1)
    for seen in await bench.target.observe("fill"):
        assert isinstance(seen, ServerProgressed)
        assert seen.step == "fill"
    with pytest.raises(Interrupted):
        await cancelled(bench.target, working)
    assert await bench.target.observe("fill") == ()


async def test_a_session_that_is_not_there_is_not_ended(bench: Bench) -> None:
    try:
        assert await bench.target.end_session(999_999, "2026-01-01T00:00:00.000000Z", how="terminate") is False
    except DatabaseError as refused:
        assert refused.remedy  # noqa: PT017 - an engine without sessions says what to do instead
