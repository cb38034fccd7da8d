"""What is the fake's own: it answers what it was told, and fails and hangs where it was told to."""

import pytest

from console.core.errors import DatabaseError, Disconnected
from console.databases.fake import COMMIT
from tests.databases.acts import entry, execute, held
from tests.databases.benches import FakeBench


async def test_what_was_not_scripted_is_refused_by_its_text() -> None:
    database = await held(FakeBench())
    with pytest.raises(DatabaseError, match="no answer to SELECT 1 — script one"):
        await database.query("SELECT 1")


async def test_a_connection_lost_before_the_commit_leaves_nothing() -> None:
    bench = FakeBench()
    database = await held(bench)
    bench.fake.fail("sent", Disconnected("gone"), sql=COMMIT)
    with pytest.raises(Disconnected):
        await execute(database, bench.add_one)
    assert bench.things() == []
    assert await database.entry() is None


async def test_a_connection_lost_after_the_commit_leaves_all_of_it() -> None:
    bench = FakeBench()
    database = await held(bench)
    bench.fake.fail("committed", Disconnected("gone"), sql=COMMIT)
    with pytest.raises(Disconnected):
        await execute(database, bench.add_one)
    assert bench.things() == [(1, "one")]
    assert (await entry(database)).applied_at


async def test_a_statement_alone_whose_answer_is_lost_has_happened_without_its_row() -> None:
    bench = FakeBench()
    bench.fake.answers[bench.alone] = lambda content, _: content["things"].setdefault(9, "nine") and 1
    database = await held(bench)
    bench.fake.fail("committed", Disconnected("gone"), sql=bench.alone)
    with pytest.raises(Disconnected):
        await database.execute_alone(bench.alone)
    assert bench.things() == [(9, "nine")]
    assert await database.entry() is None


async def test_a_fault_strikes_once_and_the_sent_statements_are_kept() -> None:
    bench = FakeBench()
    database = await held(bench)
    bench.fake.fail("sent", DatabaseError("busy"), sql=bench.add_one)
    with pytest.raises(DatabaseError, match="busy"):
        await execute(database, bench.add_one)
    await execute(database, bench.add_one)
    assert bench.fake.sent == [bench.add_one, bench.add_one, COMMIT]
