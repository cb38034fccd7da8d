"""What statements, functions and settings of a server could do to the console's account, and what they could tell."""

import psycopg
import pytest

from console.core.errors import DatabaseError, RunbookError, WrongTarget
from console.databases.postgresql.address import conninfo_of
from console.databases.postgresql.failures import without_values
from console.databases.postgresql.raised import without_arguments
from console.statements import probes, split
from tests.databases.acts import entry, execute, held
from tests.databases.benches import LEASE, PostgresqlBench

EMAIL = "joe@example.org"
FORGES = "$$ BEGIN UPDATE runbook_ledger SET rows = 9; COMMIT; END $$"


@pytest.mark.parametrize("sql", [f"DO {FORGES}", "CALL forge()"])
async def test_what_commits_by_itself_is_not_done_once_it_wrote_the_ledger(latest: PostgresqlBench, sql: str) -> None:
    latest.outside(f"CREATE PROCEDURE forge() LANGUAGE plpgsql AS {FORGES}")
    database = await held(latest)
    await execute(database, latest.add_one, completes=False)
    with pytest.raises(DatabaseError, match="has written runbook_ledger and committed that") as refused:
        await database.execute_alone(sql)
    assert refused.value.remedy
    assert (await entry(database)).applied_at is None


async def test_a_lock_that_a_query_took_ends_with_it(latest: PostgresqlBench) -> None:
    database = await held(latest)
    assert (await database.query("SELECT pg_try_advisory_lock(7)")).rows == ((True,),)
    assert latest.outside("SELECT pg_try_advisory_lock(7)") == [(True,)]
    await execute(database, "SELECT pg_advisory_lock(7)")


async def test_a_step_that_makes_itself_another_account_is_recorded(latest: PostgresqlBench) -> None:
    database = await held(latest)
    await execute(database, "SET SESSION AUTHORIZATION pg_monitor", "SELECT 1")
    assert (await entry(database)).applied_at


async def test_a_statement_is_at_work_where_nobody_may_see_what_it_does(latest: PostgresqlBench) -> None:
    latest.outside(f"ALTER DATABASE {latest.database} SET track_activities = off")
    with psycopg.connect(latest.url, autocommit=True) as shop:
        pid = shop.info.backend_pid
        shown = "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        ((since,),) = latest.outside(f"SELECT {shown} FROM pg_stat_activity WHERE pid = {pid}")
        database = await held(latest)
        rows = (await database.ask("activity", pid=pid, since=since)).rows
    assert [row[3] for row in rows] == [0]


async def test_a_hint_of_a_function_is_not_told(latest: PostgresqlBench) -> None:
    words = "RAISE EXCEPTION 'no' USING ERRCODE = '42601', HINT = OLD.name;"
    await _guarded(latest, words)
    with pytest.raises(DatabaseError) as refused:
        await execute(await held(latest), "UPDATE things SET name = 'x'")
    assert EMAIL not in f"{refused.value.message} {refused.value.remedy}"


@pytest.mark.parametrize("what", ["'SELECT * FROM %I'", "'SELECT 1 %s 1'", "'DROP ROLE %I'"])
async def test_a_name_that_a_function_took_from_a_row_is_not_told(latest: PostgresqlBench, what: str) -> None:
    await _guarded(latest, f"EXECUTE format({what}, OLD.name);")
    with pytest.raises(DatabaseError, match="left out") as refused:
        await execute(await held(latest), "UPDATE things SET name = 'x'")
    assert "joe" not in f"{refused.value.message} {refused.value.remedy}"


async def _guarded(bench: PostgresqlBench, words: str) -> None:
    bench.outside(f"INSERT INTO things VALUES (1, '{EMAIL}')")
    body = f"$$ BEGIN {words} RETURN NEW; END $$"
    bench.outside(f"CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS {body}")
    bench.outside("CREATE TRIGGER guard BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION guard()")


@pytest.mark.parametrize("marks", ['""', "«»", "»«", "„“", "“”", "””", "「」"])
def test_a_value_is_left_out_in_whatever_marks_a_language_puts_it(marks: str) -> None:
    told = without_values(f"falsche Eingabe: {marks[0]}{EMAIL}{marks[1]}", "22P02", "SELECT name::int FROM things")
    assert "joe" not in told
    assert told.startswith("falsche Eingabe: …")


def test_a_long_message_is_compared_with_a_format_of_many_holes_at_once() -> None:
    source = "RAISE NOTICE 'row %, %, %, %, %, %, %: done'"
    values = "value, " * 100_000
    assert without_arguments(f"row {values}", [source]) is None
    assert without_arguments(f"row {values}: done", [source]) == "row …, …, …, …, …, …, …: done"


FITS = (("a%b", "ab"), ("a%b", "axb"), ("a%b%c", "abc"), ("%b", "aab"), ("100%% of %", "100% of it"))
DIFFERS = (("a%a", "a"), ("ab%ba", "aba"), ("a%b%c", "axc"), ("ab", "abc"))


def test_a_message_fits_a_format_from_its_beginning_to_its_end() -> None:
    assert all(without_arguments(message, [f"raise notice '{written}'"]) for written, message in FITS)
    assert not any(without_arguments(message, [f"raise notice '{written}'"]) for written, message in DIFFERS)


async def test_a_lease_is_given_back_only_where_it_was_taken(latest: PostgresqlBench) -> None:
    epoch = await latest.target.claim(LEASE)
    latest.replace()
    other = await latest.second()
    await other.claim(LEASE, take_over=True)
    latest.outside(f"UPDATE runbook_lease SET epoch = {epoch}")
    with pytest.raises(WrongTarget):
        await latest.target.release(epoch)
    assert latest.outside("SELECT released_at FROM runbook_lease") == [(None,)]
    await other.close()


def test_a_password_that_holds_an_at_sign_is_not_taken_for_a_host() -> None:
    with pytest.raises(RunbookError, match="%40") as refused:
        conninfo_of("postgresql://op:s3@cret@db1/app")
    assert "cret" not in str(refused.value)


OTHERS = (
    *("ON other (name)", "ON things (id)", "ON things (name, id)", "ON things (lower(name))"),
    "ON things (name) WHERE id > 0",
)


async def test_an_index_of_that_name_is_not_taken_for_the_one_that_was_to_be_built(latest: PostgresqlBench) -> None:
    (wanted,) = split("CREATE INDEX CONCURRENTLY by_name ON things (name)", engine="postgresql")
    (probe,) = probes(wanted, engine="postgresql")
    latest.outside("CREATE TABLE other (name text)")
    database = await held(latest)
    for made in OTHERS:
        latest.outside(f"CREATE INDEX by_name {made}")
        assert (await database.ask(probe.purpose, **probe.parameters)).rows == (), made
        latest.outside("DROP INDEX by_name")
    latest.outside("CREATE UNIQUE INDEX by_name ON things (name)")
    assert (await database.ask(probe.purpose, **probe.parameters)).rows == ()
    latest.outside("DROP INDEX by_name")
    latest.outside("CREATE INDEX by_name ON things (name)")
    assert (await database.ask(probe.purpose, **probe.parameters)).rows == (("by_name",),)
