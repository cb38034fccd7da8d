"""A sql step happens once or not at all, and the ledger knows which."""

import pytest

from console.core.errors import DatabaseError, GateError
from console.core.observations import StatementRan
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of, the

FACTS = Facts(engine="sqlite", version="3", environment="staging")
ADD = step_of(
    id="add",
    sql="ALTER TABLE users ADD COLUMN nick TEXT; UPDATE users SET nick = email;",
    undo="ALTER TABLE users DROP COLUMN nick",
)


def columns(site: Site) -> set[str]:
    return {str(row[0]) for row in site.ask("SELECT name FROM pragma_table_info('users')")}


async def test_it_goes_forward_back_and_forward_again(site: Site) -> None:
    for _ in range(2):
        assert (await site.settle(ADD)).happened == "no"
        site.said.clear()
        (summary,) = await site.run(ADD)
        assert [(each.index, each.of, each.rows) for each in site.said if isinstance(each, StatementRan)] == [
            (1, 2, -1),
            (2, 2, 25),
        ]
        assert isinstance(summary, str)
        assert summary.startswith("2 statements, 25 rows changed")
        assert (await site.settle(ADD)).happened == "yes"
        assert "nick" in columns(site)
        assert (await site.settle(ADD, "undo")).happened == "no"
        await site.undo(ADD)
        assert (await site.settle(ADD, "undo")).happened == "yes"
        assert "nick" not in columns(site)


async def test_a_failed_statement_takes_the_whole_step_back(site: Site) -> None:
    step = step_of(sql="UPDATE users SET balance = 0; UPDATE nobody SET x = 1", restore="the backup")
    with pytest.raises(DatabaseError, match="nobody"):
        await site.run(step)
    assert site.ask("SELECT count(*) FROM users WHERE balance = 0") == [(0,)]
    assert (await site.settle(step)).happened == "no"


@pytest.mark.parametrize("after", [1, 2])
async def test_stopped_while_it_tells_what_it_did_it_is_not_done_again(site: Site, after: int) -> None:
    step = step_of(sql="UPDATE users SET balance = balance * 2", undo="UPDATE users SET balance = balance / 2")
    await site.abandon(step, after=after)
    assert (await site.settle(step)).happened == "yes"
    before = site.ask("SELECT sum(balance) FROM users")
    assert await site.run(step) == ["it had happened before"]
    assert site.ask("SELECT sum(balance) FROM users") == before
    await site.abandon(step, after=after, action="undo")
    assert await site.undo(step) == ["nothing had happened"]
    assert site.ask("SELECT sum(balance) FROM users WHERE id > 0") == [(25 * 100 + 325,)]


async def test_what_never_happened_is_left_alone_by_its_undo(site: Site) -> None:
    assert await site.undo(ADD) == ["nothing had happened"]
    assert (await site.settle(ADD, "undo")).happened == "yes"


async def test_what_only_a_restore_brings_back_is_not_undone(site: Site) -> None:
    step = step_of(sql="DELETE FROM users WHERE id > 20", restore="the backup of step snapshot")
    await site.run(step)
    with pytest.raises(GateError, match="the backup of step snapshot"):
        await site.undo(step)
    assert (await site.settle(step)).happened == "yes"


async def test_a_statement_that_cannot_be_in_a_transaction_is_executed_alone(site: Site) -> None:
    step = step_of(sql="VACUUM")
    await site.run(step)
    ran = the(StatementRan, [*site.said])
    assert (ran.index, ran.of) == (1, 1)
    assert (await site.settle(step)).happened == "yes"
    assert await site.undo(step) == ["nothing to undo: it changes no data"]
    await site.run(step)
    assert len(site.said) == 2


async def test_maintenance_that_was_not_recorded_can_be_run_again(site: Site) -> None:
    step = step_of(sql="VACUUM")
    site.attempt += 1
    settled = await site.settle(step)
    assert (settled.happened, settled.evidence) == ("no", "VACUUM can be executed again at any time")


async def test_a_table_is_rebuilt_with_foreign_keys_off_and_all_references_checked(site: Site) -> None:
    rebuild = (
        "CREATE TABLE accounts_new (id INTEGER PRIMARY KEY, organisation_id TEXT NOT NULL, name TEXT);"
        "INSERT INTO accounts_new SELECT id, organisation_id, 'x' FROM accounts {which};"
        "DROP TABLE accounts; ALTER TABLE accounts_new RENAME TO accounts;"
    )
    bad = step_of(sql=rebuild.format(which="WHERE id > 1"), restore="the backup", foreign_keys="off")
    with pytest.raises(DatabaseError, match="refers to a row"):
        await site.run(bad)
    assert (await site.settle(bad)).happened == "no"
    good = step_of(sql=rebuild.format(which=""), restore="the backup", foreign_keys="off")
    await site.run(good)
    assert site.ask("SELECT count(*) FROM accounts WHERE name = 'x'") == [(10,)]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"sql": "  -- nothing\n"}, "sql: holds no statement"),
        ({"sql": "DELETE FROM users"}, "undo: is missing"),
        ({"sql": "BEGIN; DELETE FROM users", "undo": "SELECT 1"}, "sql: line 1: BEGIN makes no sense"),
        ({"sql": "ANALYZE;\nVACUUM"}, "sql: line 2: VACUUM cannot be in a transaction"),
        ({"sql": "SELECT 'a"}, "sql: Line 1"),
        ({"sql": "DELETE FROM users", "undo": "ROLLBACK"}, "undo: line 1: ROLLBACK makes no sense"),
        ({"sql": "ATTACH 'x' AS y", "restore": "r"}, "sql: line 1: ATTACH is about another file"),
        ({"sql": "CREATE TABLE x (a)", "undo": "-- again\nCREATE  TABLE x (a);"}, "undo: is the statement itself"),
        ({"sql": "DELETE FROM users", "undo": "DELETE FROM users"}, "undo: is the statement itself"),
        ({"sql": "DELETE FROM users", "undo": "SELECT 1"}, "undo: only reads, so that it takes nothing back"),
        ({"sql": "VACUUM", "done_when": "DELETE FROM users"}, "done_when: DELETE does not only read"),
        ({"sql": "VACUUM", "done_when": "SELECT 1; SELECT 2"}, "done_when: line 1: one statement"),
        ({"sql": "VACUUM", "foreign_keys": "off"}, "foreign_keys: VACUUM is in no transaction"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)


def test_the_preview_says_what_it_locks_and_shows_both_ways() -> None:
    preview = kind_of(ADD).preview(ADD, FACTS)
    assert "ALTER TABLE ADD COLUMN" in preview.words
    assert "One transaction" in preview.words
    assert (preview.sql, preview.undo) == (ADD.data["sql"], "ALTER TABLE users DROP COLUMN nick")
    alone = step_of(sql="VACUUM")
    assert "executed alone" in kind_of(alone).preview(alone, FACTS).words
    assert ADD.title == "ALTER TABLE users ADD COLUMN nick TEXT"
