"""The runbook that the pictures show: the shape of every guide's expand/contract change, as data."""

from typing import Any

from console.core.identity import Identity
from console.core.runbook import Confirm, FollowUp, Phase, PointOfNoReturn, Runbook, Soak, Step

PEOPLE: dict[str, tuple[str, ...]] = {"op1": ("operator",), "dba1": ("dba",), "lead1": ("tech-lead",)}

TARGET = Identity(engine="sqlite", version="3.45.1", name="app", label="app.db on db1", facts={"inode": "1"})

FILL = (
    "UPDATE users SET org_id = (SELECT organisation_id FROM accounts WHERE accounts.id = users.account_id)\n"
    "WHERE id > :low AND id <= :high"
)


def person(step: str, title: str, **more: Any) -> Step:
    seen: dict[str, Any] = {key: more.pop(key) for key in ("observe", "expect") if key in more}
    data: dict[str, Any] = {"manual": title, **seen}
    return Step(id=step, title=title, kind="manual", driven_by="person", data=data, **more)


def release(step: str, version: str, ask: str, **more: Any) -> Step:
    data = {"release": version, "ask": ask, "back": "both columns are still written"}
    return Step(id=step, title=ask, kind="release", driven_by="person", data=data, **more)


def signed(step: str, title: str, *roles: str) -> Step:
    data = {"sign_off": title, "roles": list(roles)}
    return Step(id=step, title=title, kind="sign_off", driven_by="signatures", signatures=roles, data=data)


def sql(step: str, title: str, statements: str, **more: Any) -> Step:
    return Step(id=step, title=title, kind="sql", data={"sql": statements}, **more)


def check(step: str, title: str, query: str, expect: Any = 0) -> Step:
    data = {"check": query, "expect": expect}
    return Step(id=step, title=title, kind="check", data=data, asks_again=True)


def baseline(step: str, title: str, query: str) -> Step:
    return Step(id=step, title=title, kind="baseline", data={"baseline": query}, asks_again=True)


PREFLIGHT = Phase(
    id="preflight",
    title="Pre-flight",
    goal="The way back is there before anything changes",
    steps=(
        person("snapshot", "The backup was restored into a scratch database", observe="rows in its users table"),
        baseline("users_rows", "Rows of users", "SELECT count(*) FROM users"),
        baseline("accounts_rows", "Rows of accounts", "SELECT count(*) FROM accounts"),
        signed("go", "Go for the change", "tech-lead", "dba"),
    ),
)

EXPAND = Phase(
    id="expand",
    title="Expand",
    goal="The column exists and nothing depends on it yet",
    application="v1.0 runs unchanged",
    steps=(
        sql(
            "add_column",
            "Add users.org_id",
            "ALTER TABLE users ADD COLUMN org_id INTEGER REFERENCES organisations(id)",
            undo="ALTER TABLE users DROP COLUMN org_id",
            estimate="1s",
        ),
        check(
            "still_nullable",
            "org_id may be NULL",
            "SELECT \"notnull\" FROM pragma_table_info('users') WHERE name = 'org_id'",
        ),
    ),
)

BACKFILL = Phase(
    id="backfill",
    title="Backfill",
    goal="Every user has the organisation of its account",
    application="v1.1 writes both columns and reads the old one",
    rollback="v1.1 goes on writing both columns; org_id is emptied again",
    steps=(
        release("dual_write", "v1.1", "v1.1 writes both columns on every instance", who="operator"),
        Step(
            id="fill",
            title="Fill users.org_id",
            kind="backfill",
            data={
                "backfill": {
                    "table": "users",
                    "key": ["id"],
                    "sql": FILL,
                    "batch_size": 9000,
                    "batch_pause": "100ms",
                }
            },
            undo="UPDATE users SET org_id = NULL WHERE id > :low AND id <= :high",
            estimate="8m",
            who="operator",
        ),
        check("none_left", "No row is left unfilled", "SELECT count(*) FROM users WHERE org_id IS NULL"),
        check(
            "no_orphans",
            "No orphaned references",
            "SELECT count(*) FROM users LEFT JOIN organisations ON organisations.id = org_id\n"
            "WHERE organisations.id IS NULL",
        ),
    ),
)

ENFORCE = Phase(
    id="enforce",
    title="Enforce",
    goal="The new column is what everybody reads",
    steps=(
        release("reads_new", "v1.2", "v1.2 reads org_id on every instance", who="operator"),
        check("rows_unchanged", "As many users as before", "SELECT count(*) FROM users", {"unchanged": "users_rows"}),
    ),
)

CONTRACT = Phase(
    id="contract",
    title="Contract",
    goal="Nothing is left of the old column",
    requires=(Soak(soak="10m", since="enforce"),),
    point_of_no_return=PointOfNoReturn(
        consequence="users.account_id and its data are gone",
        restore="restore the backup of the step “snapshot” and replay the application’s outbox from 01:00",
        confirm=Confirm(baseline="users_rows"),
    ),
    steps=(
        sql("drop_old", "Drop users.account_id", "ALTER TABLE users DROP COLUMN account_id", restore="See snapshot"),
        check("rows_after", "As many users as before", "SELECT count(*) FROM users", {"unchanged": "users_rows"}),
    ),
)


def runbook(*phases: Phase, **more: Any) -> Runbook:
    return Runbook(
        runbook="users-org-id",
        title="Fill users.org_id and retire users.account_id",
        engine="sqlite",
        databases={"main": "env:DATABASE_URL"},
        risk="high",
        window="2h",
        people=PEOPLE,
        phases=phases or (PREFLIGHT, EXPAND, BACKFILL, ENFORCE, CONTRACT),
        follow_ups=(
            FollowUp(what="Tell analytics that account_id is gone", due="1d"),
            FollowUp(what="Close the ticket"),
        ),
        **more,
    )
