"""Who may write, on every engine: one run at a time, and of one run the newest engine."""

import pytest
from msgspec.structs import replace

from console.core.errors import GateError, LeaseLost, WrongTarget
from tests.databases.acts import execute, held
from tests.databases.benches import LEASE, Bench, ticket

OTHER = replace(LEASE, run="r2", account="op2", host="there", pid=8)


async def test_the_same_run_takes_its_lease_over_and_the_old_engine_cannot_write(bench: Bench) -> None:
    database = await held(bench)
    second = await bench.second()
    assert await second.claim(LEASE) == 2
    with pytest.raises(LeaseLost):
        await execute(database, bench.add_one)
    with pytest.raises(LeaseLost):
        await database.attempt(bench.add_one)
    with pytest.raises(LeaseLost):
        await database.execute_alone(bench.alone)
    assert bench.things() == []
    assert await bench.target.ledger() == ()
    await execute(second.bind(ticket(epoch=2), await second.identity()), bench.add_one)
    assert bench.things() == [(1, "one")]
    await second.close()


async def test_another_run_is_refused_and_told_who_holds_the_database(bench: Bench) -> None:
    await bench.target.claim(LEASE)
    with pytest.raises(GateError, match=r"r1.*op1 on here, process 7.*take over"):
        await bench.target.claim(OTHER)


async def test_another_run_can_take_over_explicitly(bench: Bench) -> None:
    database = await held(bench)
    assert await bench.target.claim(OTHER, take_over=True) == 2
    with pytest.raises(LeaseLost, match=r"r2.*op2 on there, process 8"):
        await execute(database, bench.add_one)


async def test_a_lease_that_was_given_back_can_be_taken_by_another_run(bench: Bench) -> None:
    await bench.target.claim(LEASE)
    await bench.target.release(1)
    assert await bench.target.claim(OTHER) == 2


async def test_nothing_is_written_after_the_lease_was_given_back(bench: Bench) -> None:
    database = await held(bench)
    await bench.target.release(1)
    with pytest.raises(LeaseLost, match="given back"):
        await execute(database, bench.add_one)
    assert bench.things() == []


async def test_an_engine_that_lost_its_lease_does_not_give_back_that_of_the_next(bench: Bench) -> None:
    await bench.target.claim(LEASE)
    await bench.target.claim(LEASE)
    await bench.target.release(1)
    with pytest.raises(GateError):
        await bench.target.claim(OTHER)


async def test_a_database_keeps_the_environment_it_was_migrated_in(bench: Bench) -> None:
    await execute(await held(bench), bench.add_one)
    await bench.target.release(1)
    wanted = replace(LEASE, run="r2", environment="production")
    for take_over in (False, True):
        with pytest.raises(GateError, match=r"as staging, not as production.*--env staging"):
            await bench.target.claim(wanted, take_over=take_over)
    assert await bench.target.claim(replace(OTHER, environment="staging")) == 2


async def test_an_environment_in_which_nothing_was_done_does_not_bind(bench: Bench) -> None:
    await bench.target.claim(LEASE)
    await bench.target.release(1)
    assert await bench.target.claim(replace(OTHER, environment="production")) == 2


async def test_a_run_that_begins_bears_no_name_that_the_database_knows(bench: Bench) -> None:
    await execute(await held(bench), bench.add_one)
    for released in (False, True):
        with pytest.raises(GateError, match="r1 was begun on this database — start once more"):
            await bench.target.claim(LEASE, begins=True)
        if not released:
            await bench.target.release(1)
    assert await bench.target.claim(OTHER, begins=True) == 2
    await bench.target.release(2)
    with pytest.raises(GateError, match="start once more"):
        await bench.target.claim(LEASE, begins=True)


async def test_an_older_copy_is_not_the_database_that_a_run_left(bench: Bench) -> None:
    await bench.target.claim(LEASE)
    for _ in range(3):  # to be refused is not to come nearer
        with pytest.raises(WrongTarget, match=r"older copy.*begin anew with --take-over"):
            await bench.target.claim(LEASE, after=2)
    assert await bench.target.claim(LEASE, after=1) == 2
