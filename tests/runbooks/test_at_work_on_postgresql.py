"""The runbooks for PostgreSQL while an application is at work, after a cancelled build, and as the ledger has them."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from console.core import commands as c
from console.core.state import Status
from tests.runbooks.application import Application
from tests.runbooks.journeys import FOLDER, accepted, driven, finished, rig, undone
from tests.runbooks.shops import Shop

pytestmark = pytest.mark.slow
RUNBOOKS = FOLDER / "postgresql"


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    made = Shop("16")
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    yield made
    made.drop()


CUSTOMERS_1_0 = (
    """INSERT INTO customers (email, "fullName", country, created_at) VALUES ('ada@x', 'A' || random(), 'PT', now())""",
    """UPDATE customers SET "fullName" = 'old ' || random() WHERE id = 1 + (random() * 3000)::int""",
    'SELECT "fullName" FROM customer_directory WHERE id = 9',
)
CUSTOMERS_1_1 = (
    "INSERT INTO customers (email, display_name, country, created_at) VALUES ('ada@x', 'A' || random(), 'PT', now())",
    "UPDATE customers SET display_name = 'new ' || random() WHERE id = 1 + (random() * 3000)::int",
    'SELECT "fullName" FROM customer_directory WHERE id = 9',
)
LINES = (
    "UPDATE order_lines SET price_cents = (random() * 9000)::int WHERE order_id = 5001 + (random() * 4000)::int",
    """INSERT INTO order_lines (order_id, "lineNo", sku, quantity, price_cents)
       VALUES (5001 + (random() * 4000)::int, 100 + (random() * 1000000)::int, 'SKU-1', 1, 7)""",
    "SELECT total_cents FROM order_totals WHERE order_id = 5001 + (random() * 4000)::int",
)


async def test_a_column_is_renamed_while_the_old_and_the_new_application_write_both(tmp_path: Path, shop: Shop) -> None:
    differing = 'SELECT count(*) FROM customers WHERE display_name IS DISTINCT FROM "fullName"'
    running = await rig(tmp_path, RUNBOOKS / "rename-column.yaml").engine()
    try:
        with Application(shop.url, *CUSTOMERS_1_0) as application:
            await driven(running, through="expand")
            application.says = CUSTOMERS_1_0 + CUSTOMERS_1_1
            await driven(running, before="contract")
            assert shop.tell(differing) == [(0,)]
            application.says = CUSTOMERS_1_1
            so_far = application.said
            while application.said < so_far + 2:  # what v1.0 was saying is over
                await asyncio.sleep(0)
            end = await finished(running)
    finally:
        await running.die()
    assert end.status == 0, end.text
    assert application.errors == []


async def test_a_column_gets_another_type_while_the_application_writes_it(tmp_path: Path, shop: Shop) -> None:
    running = await rig(tmp_path, RUNBOOKS / "int-to-bigint.yaml").engine()
    try:
        with Application(shop.url, *LINES) as application:
            await driven(running, before="contract")
            assert shop.tell("SELECT count(*) FROM order_lines WHERE price_cents <> price_cents_old") == [(0,)]
            end = await finished(running)
    finally:
        await running.die()
    assert end.status == 0, end.text
    assert application.errors == []
    assert application.said


VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('customers_email_unique')"


async def test_an_index_whose_build_was_cancelled_is_dropped_and_built_again(tmp_path: Path, shop: Shop) -> None:
    running = await rig(tmp_path, RUNBOOKS / "unique-constraint.yaml").engine()
    try:
        await driven(running, through="pre_flight")
        with psycopg.connect(shop.url) as somebody:
            somebody.execute("UPDATE customers SET country = 'PT' WHERE id = 10")
            await accepted(running, c.StartStep(step="build_index"))
            while shop.tell(VALID) != [(False,)]:
                await asyncio.sleep(0)
            await accepted(running, c.CancelStep(step="build_index"))
            await running.idle()
            somebody.rollback()
        assert running.state.steps["build_index"].status is not Status.DONE
        assert shop.tell(VALID) == [(False,)]
        end = await finished(running)
        assert shop.tell(VALID) == [(True,)]
    finally:
        await running.die()
    assert end.status == 0, end.text


LEDGER = """
SELECT step, description, checksum, applied_at, execution_ms, rolled_back_at, version, environment, attempt
FROM runbook_ledger ORDER BY place
"""


async def test_the_ledger_is_a_version_table_that_others_can_read(tmp_path: Path, shop: Shop) -> None:
    began, ((before,),) = time.monotonic(), shop.tell("SELECT now()")
    running = await rig(tmp_path, RUNBOOKS / "foreign-key.yaml").engine()
    try:
        await driven(running, through="enforce")
        milliseconds = (time.monotonic() - began) * 1000
        applied = shop.tell(LEDGER)
        ((after,),) = shop.tell("SELECT clock_timestamp()")
        await undone(running, "enforce")
        await undone(running, "index")
        taken_back = shop.tell(LEDGER)
        end = await finished(running)
        again = shop.tell(LEDGER)
    finally:
        await running.die()
    assert end.status == 0, end.text
    steps = ("build_index", "add_constraint", "validate")
    book = running.state.runbook
    for rows, attempt in ((applied, 1), (taken_back, 2), (again, 3)):
        assert [(row[0], row[1], *row[6:]) for row in rows] == [
            (step, book.step(step).title, "foreign-key", "development", attempt) for step in steps
        ]
    assert all(before <= row[3] <= after and row[5] is None for row in applied)
    assert [row[3] for row in applied] == sorted(row[3] for row in applied)
    assert 0 <= sum(row[4] for row in applied) <= milliseconds
    assert all(now[3] == then[3] and now[5] >= after for now, then in zip(taken_back, applied, strict=True))
    assert [row[5] for row in taken_back] == sorted((row[5] for row in taken_back), reverse=True)
    assert all(now[3] > then[5] and now[5] is None for now, then in zip(again, taken_back, strict=True))
    assert len({row[2] for row in applied}) == len(steps)
    assert [row[2] for row in applied] == [row[2] for row in taken_back] == [row[2] for row in again]
