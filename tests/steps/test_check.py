"""A check says what it expected and what it found, and fails when they differ."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from console.core.errors import CheckFailed, DatabaseError
from console.core.observations import BaselineRecorded, Measured, Sampled, StepPutToPerson
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of, the

FACTS = Facts(engine="sqlite", version="3", environment="staging", baselines={"users": 25, "gone": None})
COUNT = "SELECT count(*) FROM users"
EMPTY = "SELECT org_id FROM users WHERE id < 0"
NULL = "SELECT NULL"
LATE = "INSERT INTO users (id, account_id, email, balance) VALUES (5, 1, 'u1@example.org', 1)"

CASES: list[tuple[Any, Any, str, str, bool]] = [
    (COUNT, 25, "25", "25", True),
    (COUNT, "25", "25", "25", True),
    (COUNT, 25.0, "25", "25", True),
    (COUNT, 24, "24", "25", False),
    ("SELECT 1 > 0", True, "1", "1", True),
    ("SELECT 'YES'", "YES", "YES", "YES", True),
    ("SELECT 'yes'", "YES", "YES", "yes", False),
    ("SELECT '007'", "7", "7", "007", False),
    ("SELECT 0.1 + 0.2", 0.3, "0.3", "0.30000000000000004", False),
    (NULL, None, "NULL", "NULL", True),
    (NULL, 0, "0", "NULL", False),
    (NULL, "NULL", "NULL", "NULL", False),
    (EMPTY, None, "NULL", "no rows", False),
    (COUNT, {"at_least": 25}, "at least 25", "25", True),
    (COUNT, {"at_least": 26}, "at least 26", "25", False),
    (COUNT, {"at_most": 25}, "at most 25", "25", True),
    (COUNT, {"at_most": 24.5}, "at most 24.5", "25", False),
    (COUNT, {"between": [25, 30]}, "25 to 30", "25", True),
    (COUNT, {"between": [1, 24]}, "1 to 24", "25", False),
    (NULL, {"at_least": 0}, "at least 0", "NULL", False),
    (EMPTY, {"at_most": 9}, "at most 9", "no rows", False),
    ("SELECT '2026-03-01'", {"between": ["2026-01-01", "2026-12-31"]}, "2026-01-01 to 2026-12-31", "2026-03-01", True),
    ("SELECT 'many'", {"at_least": 1}, "at least 1", "text of 4 characters, sha256 1137b15c7797aa84", False),
    ("SELECT 'ada@example.org'", 0, "0", "text of 15 characters, sha256 cfe00dde46ef9426", False),
    ("SELECT 'NO'", "YES", "YES", "NO", False),
    ("SELECT 'text'", {"at_least": "a"}, "at least a", "text", True),
    (COUNT, {"unchanged": "users"}, "25, as users", "25", True),
    (COUNT, {"unchanged": "gone"}, "NULL, as gone", "25", False),
    (COUNT, {"unchanged": "never"}, "as never, not recorded", "25", False),
    (EMPTY, {"rows": 0}, "no rows", "no rows", True),
    ("SELECT id FROM users", {"rows": 0}, "no rows", "25 rows", False),
    ("SELECT id FROM users", {"rows": 25}, "25 rows", "25 rows", True),
    (
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        {"rows": 5},
        "5 rows",
        "over 1000 rows",
        False,
    ),
    (
        LATE,
        {"fails": "unique constraint"},
        "fails with: unique constraint",
        "UNIQUE constraint failed: users.email",
        True,
    ),
    (LATE, {"fails": "NOT NULL"}, "fails with: NOT NULL", "UNIQUE constraint failed: users.email", False),
    ("DELETE FROM users", {"fails": "trigger"}, "fails with: trigger", "it did not fail", False),
    ({"index": "users_account"}, None, "valid", "valid", True),
    ({"index": "users_account"}, "absent", "absent", "valid", False),
    ({"index": "users_org"}, "absent", "absent", "absent", True),
    ({"column": "users.org_id"}, None, "present", "nullable, TEXT", True),
    ({"column": "users.org_id"}, "nullable", "nullable", "nullable, TEXT", True),
    ({"column": "users.org_id"}, "not null", "not null", "nullable, TEXT", False),
    ({"column": "users.email"}, "not null", "not null", "not null, TEXT", True),
    ({"column": "users.nick"}, None, "present", "absent", False),
    ({"column": "users.nick"}, "absent", "absent", "absent", True),
    ({"column": "users.email"}, "absent", "absent", "not null, TEXT", False),
    ({"foreign_keys": "all"}, None, "valid", "valid", True),
    ({"foreign_keys": "users"}, "valid", "valid", "valid", True),
]


def check(subject: Any, expect: Any = None, **more: Any) -> Any:
    expected = {} if expect is None and isinstance(subject, dict) else {"expect": expect}
    return step_of(check=subject, **expected, **more)


@pytest.mark.parametrize(("subject", "expect", "expected", "actual", "passed"), CASES)
async def test_what_is_found_is_compared_with_what_is_expected(
    site: Site, subject: Any, expect: Any, expected: str, actual: str, *, passed: bool
) -> None:
    site.facts = FACTS
    before = site.ask("SELECT count(*), sum(balance) FROM users")
    step = check(subject, expect)
    measured, outcome = await told(site, step)
    assert (measured.expected, measured.actual, measured.passed) == (expected, actual, passed)
    assert (outcome == actual) == passed
    assert passed or f"expected {expected}, found {actual}" in outcome
    assert site.ask("SELECT count(*), sum(balance) FROM users") == before
    assert (await site.settle(step)).happened == "no"
    assert await site.undo(step) == ["nothing to undo"]


async def told(site: Site, step: Any) -> tuple[Measured, str]:
    """Return what was measured, and the summary or the error after it."""
    items: list[Any] = []
    try:
        async for item in kind_of(step).run(step, facts=site.facts, database=site.handle(step), clock=site.clock):
            items.append(item)  # noqa: PERF401 - what came before an error counts
    except CheckFailed as error:
        items.append(error.message)
    measured, outcome = items
    return measured, outcome


async def test_broken_references_are_counted_by_table(site: Site) -> None:
    site.tell("PRAGMA foreign_keys = OFF; DELETE FROM accounts WHERE id = 1")
    measured, _ = await told(site, check({"foreign_keys": "all"}))
    assert (measured.passed, measured.actual) == (False, "2 broken (users → accounts: 2)")


async def test_a_table_that_does_not_exist_is_no_pass(site: Site) -> None:
    for subject in ({"foreign_keys": "userz"}, {"checksum": "userz"}):
        with pytest.raises(DatabaseError, match="userz"):
            await site.run(check(subject, {"unchanged": "users"} if "checksum" in subject else None))


async def test_a_check_cannot_write(site: Site) -> None:
    with pytest.raises(ValueError, match="check: DELETE does not only read; write a query"):
        check("DELETE FROM users", 1)
    unread = replace(check(COUNT, 1), data={"check": "DELETE FROM users", "expect": 1})
    with pytest.raises(DatabaseError):
        await site.run(unread)
    assert site.ask(COUNT) == [(25,)]


async def test_content_is_compared_with_its_baseline(site: Site) -> None:
    recorded = await site.run(step_of(id="emails", baseline={"checksum": "users.email"}))
    assert isinstance(recorded[0], BaselineRecorded)
    site.facts = Facts(engine="sqlite", version="3", environment="staging", baselines={"emails": recorded[0].value})
    step = check({"checksum": "users.email"}, {"unchanged": "emails"})
    site.tell("UPDATE users SET balance = 0")
    assert (await told(site, step))[0].passed
    site.tell("UPDATE users SET email = 'x' WHERE id = (SELECT max(id) FROM users)")
    assert not (await told(site, step))[0].passed


async def test_a_query_is_fast_enough_or_not(site: Site) -> None:
    assert (await told(site, check(COUNT, {"faster_than": "1h"})))[0].passed
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
    measured, _ = await told(site, check(numbers, {"faster_than": "1ms"}))
    assert (measured.passed, measured.expected) == (False, "faster than 1ms")
    assert measured.actual.endswith(" ms")


async def test_rows_are_put_to_a_person_and_shown_in_short(site: Site) -> None:
    site.tell(f"UPDATE users SET email = '{'x' * 5000}' WHERE id = (SELECT min(id) FROM users)")
    rows = "SELECT id, email, org_id FROM users ORDER BY id LIMIT 3"
    step = check(rows, {"by_eye": "Do these look right?"}, record="rows")
    sampled, measured, put = await site.run(step)
    assert isinstance(sampled, Sampled)
    assert isinstance(measured, Measured)
    assert sampled.columns == ("id", "email", "org_id")
    assert sampled.rows[0] == ("3", "x" * 199 + "…", "NULL")
    assert (measured.passed, measured.actual) == (None, "3 rows")
    assert put == StepPutToPerson(step="it", question="Do these look right?")
    assert not step.asks_again


async def test_no_row_is_kept_unless_the_step_says_so(site: Site) -> None:
    private = "SELECT email FROM users ORDER BY id LIMIT 2"
    assert not [item for item in await site.run(check(private, {"rows": 2})) if isinstance(item, Sampled)]
    sampled = the(Sampled, await site.run(check(private, {"rows": 2}, record="rows")))
    assert sampled.rows == (("u1@example.org",), ("u2@example.org",))


@pytest.mark.parametrize(
    ("text", "actual"),
    [
        ("SELECT users.account_id\n", "1 file: {0}:1"),
        ("\n\naccount_id", "1 file: {0}:3"),
        ("my_account_id account_ids account_id2", "none"),
        ("x" * (1 << 20) + " account_id", "1 file: {0}:1"),
        ("x" * ((1 << 20) - 4) + " account_id", "1 file: {0}:1"),
        ("x" * ((1 << 20) - 11) + "\naccount_id", "1 file: {0}:2"),
        ("x" * ((1 << 20) - 10) + "account_id", "none"),
        ("x" * ((1 << 20) - 11) + " account_ids", "none"),
        ("x" * ((1 << 20) - 4) + "account_id", "none"),
    ],
    ids=range(9),
)
async def test_a_name_is_found_in_a_code_tree_as_a_word(site: Site, tmp_path: Path, text: str, actual: str) -> None:
    file = tmp_path / "code" / "app" / "models.py"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    step = check({"references": "account_id", "in": str(tmp_path / "code")})
    assert (await told(site, step))[0].actual == actual.format(file)


async def test_a_tree_that_is_not_there_is_no_pass_and_links_and_history_are_not_read(
    site: Site, tmp_path: Path
) -> None:
    tree = tmp_path / "code"
    step = check({"references": "account_id", "in": str(tree)})
    measured, _ = await told(site, step)
    assert (measured.passed, measured.actual) == (False, f"{tree} does not exist")
    (tree / ".git").mkdir(parents=True)
    (tree / ".git" / "old").write_text("account_id")
    (tree / "broken").symlink_to(tree / "nowhere")
    (tree / "loop").symlink_to(tree)
    assert (await told(site, step))[0].actual == "none"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"check": COUNT}, "expect: is missing"),
        ({"check": COUNT, "expect": {}}, "exactly one expectation, here is nothing"),
        ({"check": COUNT, "expect": {"at_least": 1, "rows": 2}}, "here is at_least and rows"),
        ({"check": "SELECT 1; SELECT 2", "expect": 1}, "check: line 1: one statement is asked"),
        ({"check": COUNT, "expect": {"by_eye": "well?"}}, "record: is missing"),
        ({"check": LATE, "expect": {"fails": "x"}, "record": "rows"}, "record: a statement that fails"),
        ({"check": COUNT, "expect": 1, "undo": "SELECT 1"}, "undo: a check changes nothing"),
        ({"check": COUNT, "expect": 1, "restore": "the backup"}, "restore: a check changes nothing"),
        ({"check": "DELETE FROM users RETURNING 1", "expect": 1}, "check: DELETE does not only read"),
        ({"check": "PRAGMA user_version = 3", "expect": 3}, "check: PRAGMA user_version does not only read"),
        ({"check": COUNT, "expect": {"between": (5, 1)}}, "between: nothing is from 5 to 1; write the lower one"),
        ({"check": COUNT, "expect": {"between": (1, "b")}}, "between: nothing is from 1 to b"),
        ({"check": COUNT, "expect": {"faster_than": "0ms"}}, "faster_than: nothing is faster than no time"),
        ({"check": LATE, "expect": {"fails": " "}}, "fails: with which error"),
        ({"check": COUNT, "expect": {"by_eye": ""}, "record": "rows"}, "by_eye: what is a person to judge"),
        ({"check": {}}, "exactly one subject, here is nothing"),
        ({"check": {"index": "a", "column": "b.c"}}, "here is index and column"),
        ({"check": {"index": " "}}, "index: of what"),
        ({"check": {"index": "a"}, "expect": "there"}, "of index can be expected: valid, absent"),
        ({"check": {"index": "a"}, "expect": {"at_least": 1}}, "of index can be expected"),
        ({"check": {"index": "a"}, "record": "rows"}, "record: only a query"),
        ({"check": {"column": "users"}}, "'users' is not written table.column"),
        ({"check": {"references": "x"}}, "references: and in: go together"),
        ({"check": {"index": "x", "in": "src"}}, "references: and in: go together"),
        ({"check": {"checksum": "users"}}, "expect: is missing; a checksum"),
        ({"check": {"checksum": "users."}, "expect": "x"}, "is not written table or table.column"),
        ({"check": {"checksum": "users"}, "expect": {"rows": 1}}, "a checksum can be a value"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)


def test_the_preview_says_what_is_expected() -> None:
    tried = check(LATE, {"fails": "UNIQUE"})
    assert kind_of(tried).preview(tried, FACTS).words.startswith("Runs the statement and rolls it back.")
    asked = check({"column": "users.org_id"}, "nullable")
    assert kind_of(asked).preview(asked, FACTS).words == "Only reads. Expected: nullable"
    assert (asked.title, asked.asks_again) == ("Column users.org_id", True)
