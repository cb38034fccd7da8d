"""A backfill handles each row once, however often it is stopped, and is taken back the same way."""

import json
import re
from itertools import count

import pytest

from console.core.errors import DatabaseError, GateError, RunbookError
from console.core.observations import Progressed
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of

FILL = {
    "table": "users",
    "key": "id",
    "set": {"org_id": "accounts.organisation_id"},
    "from": "accounts",
    "where": "accounts.id = users.account_id",
    "batch_size": 10,
}
UNFILLED = "UPDATE users SET org_id = NULL WHERE id > :low AND id <= :high"
TRIPLE = step_of(
    backfill={"table": "users", "key": "id", "set": {"balance": "balance * 3"}, "batch_size": 4},
    undo="UPDATE users SET balance = balance / 3 WHERE id > :low AND id <= :high",
)
START = [(100 + i,) for i in range(1, 26)]
TRIPLED = [(3 * balance,) for (balance,) in START]
BALANCES = "SELECT balance FROM users ORDER BY id"
LEFT = "SELECT count(*) FROM users WHERE org_id IS NOT (SELECT organisation_id FROM accounts WHERE id = account_id)"


async def test_it_goes_forward_back_and_forward_again(site: Site) -> None:
    step = step_of(backfill=FILL, undo=UNFILLED)
    for _ in range(2):
        assert (await site.settle(step)).happened == "no"
        *progress, summary = await site.run(step)
        assert [each.done for each in progress if isinstance(each, Progressed)] == [10, 20, 25]
        assert isinstance(summary, str)
        assert summary.startswith("25 rows in 3 batches")
        assert site.ask(LEFT) == [(0,)]
        assert (await site.settle(step)).happened == "yes"
        assert (await site.settle(step, "undo")).happened == "no"
        await site.undo(step)
        assert site.ask("SELECT count(*) FROM users WHERE org_id IS NULL") == [(25,)]
        assert (await site.settle(step, "undo")).happened == "yes"


async def test_a_row_is_tripled_once_though_every_batch_is_abandoned(site: Site) -> None:
    for boundary in count(1):
        done = await site.abandon(TRIPLE, after=1)
        if done == ["it had happened before"]:
            break
        settled = await site.settle(TRIPLE)
        handled = min(boundary * 4, 25)
        assert settled.happened == ("yes" if handled == 25 else "partly")
        assert site.ask(BALANCES) == TRIPLED[:handled] + START[handled:]
    assert boundary == 8


async def test_what_was_handled_before_is_not_told_as_done_in_the_time_of_the_last_attempt(site: Site) -> None:
    await site.abandon(TRIPLE, after=1)
    *_, summary = await site.run(TRIPLE)
    assert re.fullmatch(r"(\d+) rows in \d+ batches, the last (\d+) of them in .+", str(summary))


@pytest.mark.parametrize("after", range(1, 8))
async def test_abandoned_at_any_boundary_it_goes_on_to_the_exact_end(site: Site, after: int) -> None:
    await site.abandon(TRIPLE, after=after)
    await site.run(TRIPLE)
    assert site.ask(BALANCES) == TRIPLED


@pytest.mark.parametrize("after", range(1, 8))
async def test_what_was_handled_and_nothing_else_is_taken_back(site: Site, after: int) -> None:
    await site.abandon(TRIPLE, after=after)
    await site.undo(TRIPLE)
    assert site.ask(BALANCES) == START
    assert (await site.settle(TRIPLE, "undo")).happened == "yes"
    await site.run(TRIPLE)
    assert site.ask(BALANCES) == TRIPLED


@pytest.mark.parametrize("after", range(1, 8))
async def test_an_abandoned_undo_goes_on_to_the_exact_end(site: Site, after: int) -> None:
    await site.run(TRIPLE)
    await site.abandon(TRIPLE, after=after, action="undo")
    if after < 7:
        assert (await site.settle(TRIPLE, "undo")).happened == "partly"
        with pytest.raises(GateError, match="half taken back"):
            await site.run(TRIPLE)
    await site.undo(TRIPLE)
    assert site.ask(BALANCES) == START
    assert await site.undo(TRIPLE) == ["nothing had happened"]


async def test_the_second_way_forward_can_be_abandoned_too(site: Site) -> None:
    await site.run(TRIPLE)
    await site.undo(TRIPLE)
    await site.abandon(TRIPLE, after=2)
    assert (await site.settle(TRIPLE)).happened == "partly"
    assert site.ask(BALANCES) == TRIPLED[:8] + START[8:]
    await site.run(TRIPLE)
    assert site.ask(BALANCES) == TRIPLED
    await site.abandon(TRIPLE, after=1, action="undo")
    await site.undo(TRIPLE)
    assert site.ask(BALANCES) == START


async def test_the_end_is_the_key_that_was_the_last_when_it_began(site: Site) -> None:
    await site.abandon(TRIPLE, after=1)
    site.tell("INSERT INTO users (id, account_id, email, balance) VALUES (99999, 1, 'late', 7)")
    await site.run(TRIPLE)
    assert site.ask(BALANCES) == [*TRIPLED, (7,)]


async def test_the_last_key_may_vanish_on_the_way(site: Site) -> None:
    await site.abandon(TRIPLE, after=1)
    site.tell("DELETE FROM users WHERE id = (SELECT max(id) FROM users)")
    await site.run(TRIPLE)
    assert site.ask(BALANCES) == TRIPLED[:-1]
    assert (await site.settle(TRIPLE)).happened == "yes"


async def test_a_table_without_rows_is_done_at_once(site: Site) -> None:
    site.tell("DELETE FROM users")
    assert await site.run(TRIPLE) == ["0 rows"]
    assert (await site.settle(TRIPLE)).happened == "yes"
    assert await site.undo(TRIPLE) == ["nothing to undo"]
    assert (await site.settle(TRIPLE, "undo")).happened == "yes"


async def test_an_undo_without_bounds_is_one_transaction(site: Site) -> None:
    step = step_of(backfill=FILL, undo="UPDATE users SET org_id = NULL")
    await site.run(step)
    assert str(*await site.undo(step)).startswith("1 statement, 25 rows changed")
    assert (await site.settle(step, "undo")).happened == "yes"


async def test_without_an_undo_the_values_stay_and_it_can_run_again(site: Site) -> None:
    step = step_of(backfill=FILL)
    await site.run(step)
    assert await site.undo(step) == ["nothing to undo"]
    assert (await site.settle(step, "undo")).happened == "yes"
    assert site.ask(LEFT) == [(0,)]
    assert len(await site.run(step)) == 4


async def test_what_only_a_restore_brings_back_is_not_undone(site: Site) -> None:
    step = step_of(backfill=FILL, restore="the backup")
    assert await site.undo(step) == ["nothing had happened"]
    await site.abandon(step, after=1)
    with pytest.raises(GateError, match="the backup"):
        await site.undo(step)


async def test_only_rows_that_are_still_to_do_are_changed(site: Site) -> None:
    site.tell("UPDATE users SET org_id = 'kept' WHERE id < 40")
    (kept,) = site.ask("SELECT count(*) FROM users WHERE org_id = 'kept'")
    *_, last, _ = await site.run(step_of(backfill={**FILL, "only": "org_id IS NULL -- or not"}))
    assert isinstance(last, Progressed)
    assert last.done == 25 - kept[0]
    assert site.ask("SELECT count(*) FROM users WHERE org_id = 'kept'") == [kept]


async def test_a_statement_of_ones_own_keeps_to_the_bounds(site: Site) -> None:
    own = "UPDATE users SET balance = balance + 1, email = email || ':low' WHERE id > :low AND id <= :high"
    step = step_of(backfill={"table": "users", "key": "id", "sql": own, "batch_size": 7})
    await site.abandon(step, after=2)
    await site.run(step)
    assert site.ask(BALANCES) == [(balance + 1,) for (balance,) in START]
    assert site.ask("SELECT count(*) FROM users WHERE email LIKE '%.org:low'") == [(25,)]


async def test_progress_is_a_way_along_the_key_and_the_pause_is_kept(site: Site) -> None:
    step = step_of(backfill={**FILL, "batch_pause": "2s"})
    progress = [each for each in await site.run(step) if isinstance(each, Progressed)]
    fractions = [each.fraction for each in progress]
    assert fractions == sorted(each for each in fractions if each is not None)
    assert [each.done for each in progress] == [10, 10, 20, 20, 25]
    assert (fractions[-1], progress[-1].batch, progress[0].batch) == (1.0, None, 10)
    assert site.clock.monotonic() == 4
    assert progress[0].rate == 10 / 2  # the pause that follows is part of it, or the time left would be far too short
    assert progress[-1].rate == 25 / 4


async def test_the_position_is_kept_as_json_in_the_ledger(site: Site) -> None:
    await site.abandon(step_of(backfill=FILL), after=1)
    ((position, rows),) = site.ask("SELECT position, rows FROM runbook_ledger")
    keys = [row[0] for row in site.ask("SELECT id FROM users ORDER BY id")]
    found = json.loads(position)
    assert (found["low"], found["high"], found["batches"], rows) == ([keys[9]], [keys[-1]], 1, 10)


@pytest.mark.parametrize(
    ("key", "table", "message"),
    [
        ("email", "users", r"email is not the primary key of users — write key: \[id\]"),
        (("id", "email"), "users", "id, email is not the primary key"),
        ("id", "nobody", "nobody has no primary key, or there is no such table"),
        ("x", "loose", "loose has no primary key"),
        ("code", "holes", "holes has rows whose key is NULL"),
    ],
)
async def test_a_key_that_could_miss_a_row_is_refused(site: Site, key: object, table: str, message: str) -> None:
    site.tell("CREATE TABLE loose (x); CREATE TABLE holes (code TEXT PRIMARY KEY, x)")
    site.tell("INSERT INTO holes VALUES (NULL, 1), ('a', 2)")
    with pytest.raises(RunbookError, match=message):
        await site.run(step_of(backfill={"table": table, "key": key, "set": {"balance": "1"}}))
    assert site.ask("SELECT count(*) FROM runbook_ledger") == [(0,)]


@pytest.mark.parametrize(("only", "refused"), [("", True), ("n < 10", False)])
async def test_what_reads_what_it_sets_needs_an_integer_key_or_says_what_is_left(
    site: Site, only: str, *, refused: bool
) -> None:
    site.tell("CREATE TABLE codes (code TEXT PRIMARY KEY, n); INSERT INTO codes VALUES ('a', 1), ('b', 2)")
    fill = {"table": "codes", "key": "code", "set": {"n": 'codes."n" * 10'}, "only": only}
    if refused:
        with pytest.raises(RunbookError, match="late rows can appear"):
            await site.run(step_of(backfill=fill))
    else:
        await site.run(step_of(backfill=fill))
        assert site.ask("SELECT n FROM codes ORDER BY code") == [(10,), (20,)]


def test_the_preview_shows_the_statement_of_a_batch() -> None:
    facts = Facts(engine="sqlite", version="3", environment="staging")
    step = step_of(backfill=FILL, undo=UNFILLED)
    preview = kind_of(step).preview(step, facts)
    assert preview.sql.splitlines() == [
        "UPDATE users",
        "SET org_id = accounts.organisation_id",
        "FROM accounts",
        "WHERE (accounts.id = users.account_id) AND users.id > :low AND users.id <= :high",
    ]
    assert "10 rows a batch, 100ms pause" in preview.words
    assert preview.undo == UNFILLED
    assert step.title == "Fill users: org_id"
    assert "only the position keeps it" in kind_of(TRIPLE).preview(TRIPLE, facts).words


@pytest.mark.parametrize("odd", ["62ff", "ff62"], ids=["on the way", "the last"])
async def test_a_key_that_cannot_be_compared_is_told_and_not_met_for_ever(site: Site, odd: str) -> None:
    site.tell("CREATE TABLE odd (code TEXT PRIMARY KEY, n); INSERT INTO odd VALUES ('a', 1), ('z', 1)")
    site.tell(f"INSERT INTO odd VALUES (CAST(x'{odd}' AS TEXT), 1)")
    fill = {"table": "odd", "key": "code", "set": {"n": "2"}, "batch_size": 1}
    with pytest.raises(DatabaseError, match="not UTF-8"):
        await site.run(step_of(backfill=fill))


async def test_a_position_that_somebody_changed_stops_everything(site: Site) -> None:
    await site.abandon(TRIPLE, after=1)
    site.tell("UPDATE runbook_ledger SET position = '{\"low\": 3}'")
    for act in (site.run, site.undo, site.settle):
        with pytest.raises(DatabaseError, match="cannot be read"):
            await act(TRIPLE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": " "}, "table: which one"),
        ({"key": ()}, "key: name the column"),
        ({"key": ("id", "ID")}, "key: name the column"),
        ({"set": {}}, "exactly one of set: and sql:"),
        ({"sql": "UPDATE users SET x = 1 WHERE id > :low AND id <= :high"}, "exactly one of set: and sql:"),
        ({"where": ""}, "from: and where: go together"),
        ({"from": ""}, "from: and where: go together"),
        ({"set": {"ID": "id + 1"}}, "set: ID is of the key"),
        ({"only": "name = 'x"}, "backfill: only: Line 1"),
        ({"only": "1 = 1; DELETE FROM users"}, "backfill: only: one expression goes here, a ; makes 2"),
        ({"set": {"org_id": " "}}, "set: which column, and to what"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(backfill={**FILL, **changes})


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("UPDATE users SET x = 1", "has to keep to its batch"),
        ("UPDATE users SET x = ':low :high'", "has to keep to its batch"),
        ("UPDATE users SET x = 1; DELETE FROM users", "one statement is asked, here are 2"),
        ("COMMIT", "makes no sense here"),
        ("SELECT 1 FROM users WHERE id > :low AND id <= :high", "backfill: sql: SELECT only reads"),
    ],
)
def test_a_statement_of_ones_own_that_makes_no_sense_is_refused(own: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(backfill={"table": "users", "key": "id", "sql": own})


@pytest.mark.parametrize("undo", ["DELETE FROM x WHERE id > :low", f"{UNFILLED}; DELETE FROM x"])
def test_an_undo_in_batches_keeps_to_them_in_every_statement(undo: str) -> None:
    with pytest.raises(ValueError, match="each statement needs both"):
        step_of(backfill=FILL, undo=undo)
