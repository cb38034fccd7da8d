"""A baseline is one value in the journal."""

from typing import Any

import pytest

from console.core.errors import CheckFailed
from console.core.observations import BaselineRecorded, Measured
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of, the

LONG = "SELECT group_concat(email) FROM users"


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("SELECT count(*) FROM users", 25),
        ("SELECT 1.5", 1.5),
        ("SELECT '2026-03-01'", "2026-03-01"),
        ("SELECT 'text'", "text of 4 characters, sha256 982d9e3eb996f559"),
        ("SELECT NULL", None),
        ("SELECT x'00ff'", "2 bytes, sha256 06eb7d6a69ee19e5"),
        ("SELECT 9e999", "inf"),
    ],
)
async def test_the_value_is_recorded_as_a_scalar(site: Site, asked: str, value: Any) -> None:
    recorded, measured, _ = await site.run(step_of(baseline=asked))
    assert recorded == BaselineRecorded(step="it", value=value)
    assert isinstance(measured, Measured)
    assert measured.passed


async def test_of_content_the_digest_is_recorded(site: Site) -> None:
    value = the(BaselineRecorded, await site.run(step_of(baseline=LONG))).value
    assert value.startswith("text of 390 characters, sha256 ")
    site.facts = Facts(engine="sqlite", version="3", environment="staging", baselines={"long": value})
    unchanged = step_of(check=LONG, expect={"unchanged": "long"})
    await site.run(unchanged)
    site.tell("UPDATE users SET email = 'w' || substr(email, 2)")
    with pytest.raises(CheckFailed):
        await site.run(unchanged)


async def test_the_content_of_a_table_or_a_column_is_recorded_as_its_checksum(site: Site) -> None:
    async def digest(name: str) -> Any:
        return the(BaselineRecorded, await site.run(step_of(baseline={"checksum": name}))).value

    table, column = await digest("users"), await digest("users.email")
    site.tell("UPDATE users SET balance = balance + 1")
    assert (await digest("users") == table, await digest("users.email") == column) == (False, True)


async def test_no_row_is_no_value(site: Site) -> None:
    step = step_of(baseline="SELECT id FROM users WHERE id < 0")
    with pytest.raises(CheckFailed, match="no rows"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"
    assert await site.undo(step) == ["nothing to undo"]


def test_it_can_be_asked_again_and_says_what_it_records() -> None:
    facts = Facts(engine="sqlite", version="3", environment="staging")
    step = step_of(baseline={"checksum": "users"})
    assert (step.asks_again, step.title) == (False, "Checksum of users")
    assert kind_of(step).preview(step, facts).words == "Records the checksum of users."
    query = step_of(baseline=LONG)
    assert kind_of(query).preview(query, facts).sql == LONG


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"baseline": ""}, "baseline: holds no statement"),
        ({"baseline": "SELECT 1", "undo": "SELECT 2"}, "undo: a baseline changes nothing"),
        ({"baseline": {"checksum": ".x"}}, "baseline: '.x' is not written"),
        ({"baseline": "DELETE FROM users RETURNING id"}, "baseline: DELETE does not only read; write a query"),
        ({"baseline": "SELECT 1", "restore": "r"}, "restore: a baseline changes nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)
