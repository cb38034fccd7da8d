"""When the answer to a sql step is lost, the target is asked what happened, and never guessed at."""

import pytest

from console.core.errors import Disconnected
from console.core.events import Happened
from console.databases.fake import COMMIT, FakeTarget, Point
from console.statements import split
from console.steps import sql
from tests.steps.site import Site, step_of

UPDATE = "UPDATE users SET x = x + 1"
BACK = "UPDATE users SET x = x - 1"
STEP = step_of(sql=UPDATE, undo=BACK)
SETTING = "PRAGMA journal_mode = DELETE"
AGAIN = "PRAGMA journal_mode = WAL"
DONE = "SELECT 1"
ALONE = step_of(sql=SETTING, undo=AGAIN, done_when=DONE)
UNTOLD = step_of(sql=SETTING, undo=AGAIN)


def shop() -> FakeTarget:
    return FakeTarget({UPDATE: 3, BACK: 3, SETTING: 0, AGAIN: 0, DONE: [(0,)]})


@pytest.mark.parametrize(
    ("point", "sql_text", "happened"),
    [("sent", UPDATE, "no"), ("committed", UPDATE, "no"), ("sent", COMMIT, "no"), ("committed", COMMIT, "yes")],
)
async def test_the_ledger_tells_whether_a_transaction_was_committed(
    point: Point, sql_text: str, happened: Happened
) -> None:
    target = shop()
    site = await Site.of(target)
    target.fail(point, Disconnected("gone"), sql=sql_text)
    with pytest.raises(Disconnected):
        await site.run(STEP)
    assert (await site.settle(STEP)).happened == happened
    await site.run(STEP)
    assert target.sent.count(COMMIT) == (2 if (point, sql_text) == ("sent", COMMIT) else 1)
    target.fail(point, Disconnected("gone"), sql=BACK if sql_text == UPDATE else COMMIT)
    with pytest.raises(Disconnected):
        await site.undo(STEP)
    assert (await site.settle(STEP, "undo")).happened == happened


@pytest.mark.parametrize(("value", "happened"), [(1, "yes"), (0, "no"), (None, "no")])
async def test_done_when_tells_it_of_a_statement_that_was_sent_alone(value: int | None, happened: Happened) -> None:
    target = shop()
    site = await Site.of(target)
    target.fail("committed", Disconnected("gone"), sql=SETTING)
    with pytest.raises(Disconnected):
        await site.run(ALONE)
    target.answers[DONE] = [(value,)]
    assert (await site.settle(ALONE)).happened == happened


async def test_what_is_there_already_does_not_pass_for_the_step() -> None:
    target = shop()
    site = await Site.of(target)
    target.answers[DONE] = [(1,)]
    await site.run(ALONE)
    assert target.sent.count(SETTING) == 1
    assert await site.run(ALONE) == ["it had happened before"]


async def test_what_happened_without_a_row_in_the_ledger_is_undone_all_the_same() -> None:
    target = shop()
    site = await Site.of(target)
    target.fail("committed", Disconnected("gone"), sql=SETTING)
    with pytest.raises(Disconnected):
        await site.run(ALONE)
    target.answers[DONE] = [(1,)]
    await site.undo(ALONE)
    assert target.sent.count(AGAIN) == 1


async def test_an_undo_that_was_not_recorded_does_not_keep_the_step_from_running_again() -> None:
    target = shop()
    site = await Site.of(target)
    await site.run(ALONE)
    target.answers[DONE] = [(1,)]
    target.fail("sent", Disconnected("gone"), sql=COMMIT)
    with pytest.raises(Disconnected):
        await site.undo(ALONE)
    assert (await site.settle(ALONE, "undo")).happened == "no"
    target.answers[DONE] = [(0,)]
    assert (await site.settle(ALONE, "undo")).happened == "yes"
    await site.run(ALONE)
    assert target.sent.count(SETTING) == 2


async def test_what_nothing_can_tell_is_unknown() -> None:
    target = shop()
    site = await Site.of(target)
    target.fail("committed", Disconnected("gone"), sql=SETTING)
    with pytest.raises(Disconnected):
        await site.run(UNTOLD)
    settled = await site.settle(UNTOLD)
    assert settled.happened == "unknown"
    assert "look at the target yourself" in settled.evidence
    await site.undo(UNTOLD)
    assert target.sent.count(AGAIN) == 1


async def test_a_recorded_statement_needs_no_other_evidence() -> None:
    site = await Site.of(shop())
    await site.run(UNTOLD)
    assert (await site.settle(UNTOLD)).happened == "yes"
    assert await site.run(UNTOLD) == ["it had happened before"]
    await site.undo(UNTOLD)
    assert (await site.settle(UNTOLD, "undo")).happened == "yes"


async def test_schema_objects_tell_what_no_ledger_does(site: Site) -> None:
    database = site.handle(STEP)
    make, drop = split("CREATE INDEX users_org ON users (org_id); DROP INDEX users_org", engine="sqlite")
    assert (await sql._probed(make, database)).happened == "no"
    assert (await sql._probed(drop, database)).happened == "yes"
    site.tell(make.text)
    settled = await sql._probed(make, database)
    assert (settled.happened, settled.evidence) == ("yes", "index users_org is present")
