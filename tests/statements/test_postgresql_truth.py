"""What PostgreSQL 15 was seen to lock and to do, statement by statement, against what the text alone tells.

The file has, for each statement in a transaction of its own, the locks on tables that existed, whether the table was
rewritten, what was scanned or verified, the indexes that were built, and the error.
"""

import csv
import re
from pathlib import Path
from typing import get_args

import pytest

from console.statements import split
from console.statements.engines.postgresql.reading import node_of
from console.statements.engines.postgresql.verdicts import MODES, Verdict, together
from console.statements.engines.postgresql.weighing import verdict_of
from console.statements.statement import Work

MEASURED = Path(__file__).with_name("postgresql-15.tsv")
WORKS = get_args(Work)
SAID = {
    "alter table t add column z int default nextval('sq')": "the sequence is no table",
    "alter table t validate constraint fk_nv": "RowShareLock on its other table",
    "alter table t rename to tt": "seen under its later name",
    "alter table t set schema public": "seen in no schema that was looked at",
    "reindex index t_i": "the table of the index",
    "drop view vw": "views were not looked at",
    "truncate ref cascade": "every table that refers to it",
    "truncate t": "an empty file is a rewrite to the server, and no work",
    "alter domain d_chk add constraint zz check (value<>'q')": "every table that uses the domain",
    "alter domain d_un add constraint zz check (value<>'q')": "every table that uses the domain",
    "alter table t drop column fk": "its other table is locked too",
    "alter table pt add column z int default 1": "Partitions and heirs",
    "create index z on pt(k)": "on a partitioned table one on each partition",
    "alter table pt add constraint z foreign key (id) references self(id)": "Partitions and heirs",
    "create table t3 (like t including all)": "the indexes of the table that it adds, which is empty",
    "refresh materialized view concurrently mv": "rows: neither scan nor build",
    "select * into t5 from ref": "rows: neither scan nor build",
    "update ref set x=x": "rows: neither scan nor build",
    "insert into child select * from child": "rows: neither scan nor build",
}
"""Where the two are not the same word for word, and why, or with what words the verdict says the rest."""


def told(sql: str) -> Verdict:
    statements = [each for each in split(sql, engine="postgresql") if each.kind != "setting"]
    return together(verdict_of(node_of(each.text)) for each in statements)


def measured() -> list[dict[str, str]]:
    with MEASURED.open(encoding="utf-8") as lines:
        found = list(csv.DictReader(lines, delimiter="\t"))
    return [row for row in found if not (row["error_or_notice"] or "").startswith("E:")]


def seen(row: dict[str, str]) -> tuple[dict[str, str], Work]:
    pairs = [each.split("=") for each in row["table_locks(PG15.18)"].split() if "=" in each]
    locks = {table: f"{mode}Lock" for table, mode in pairs}
    if row["table_rewrite"] != "no":
        return locks, "rewrite"
    if row["index_build"] != "no":
        return locks, "build"
    return locks, "scan" if re.search("verifying|validating", row["scan"]) else "none"


@pytest.mark.parametrize("row", measured(), ids=lambda row: row["statement"])
def test_the_verdict_is_what_was_measured(row: dict[str, str]) -> None:
    verdict = told(row["statement"])
    locks, work = seen(row)
    if row["statement"] in SAID:
        assert (verdict.locks, verdict.work) != (locks, work), "they agree: take it out of SAID"
        return
    assert verdict.locks == locks
    if verdict.certain:
        assert verdict.work == work
    assert WORKS.index(verdict.work) >= WORKS.index(work)


def test_no_lock_is_weaker_than_what_was_measured_on_a_table_that_is_named() -> None:
    for row in measured():
        verdict, (locks, _) = told(row["statement"]), seen(row)
        for table in set(locks) & set(verdict.locks):
            assert MODES.index(verdict.locks[table]) >= MODES.index(locks[table]), row["statement"]


@pytest.mark.parametrize("sql", [sql for sql, words in SAID.items() if words[0].isupper() or "locked" in words])
def test_what_the_text_does_not_show_is_said(sql: str) -> None:
    assert SAID[sql] in told(sql).words


def test_the_agreement_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = measured()
    same = [row for row in rows if (told(row["statement"]).locks, told(row["statement"]).work) == seen(row)]
    worst = len(rows) - len(same) - len(SAID)
    with capsys.disabled():
        print(f" {len(rows)} measured: {len(same)} equal, {worst} at worst as said, {len(SAID)} explained")  # noqa: T201 - what it is for
    assert len(same) >= 84
