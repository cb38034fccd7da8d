"""A wait ends when it was said to, whoever was restarted meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from console.core.errors import CheckFailed
from console.core.observations import Measured, Progressed, WaitBegan
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of, the

FILLED = "SELECT count(*) = 0 FROM users WHERE org_id IS NULL"


async def test_it_waits_as_long_as_it_says_in_slices_of_a_second(site: Site) -> None:
    began = site.clock.now()
    first, *progress, summary = await site.run(step_of(wait="4s"))
    assert first == WaitBegan(step="it", until=began + timedelta(seconds=4))
    assert [each.fraction for each in progress if isinstance(each, Progressed)] == [0.0, 0.25, 0.5, 0.75]
    assert summary == "waited 4s"
    assert site.clock.now() == began + timedelta(seconds=4)


async def test_seconds_are_not_counted_as_rows_that_an_undo_would_take_back(site: Site) -> None:
    _, *progress, _ = await site.run(step_of(wait="4s"))
    assert {(each.done, each.total) for each in progress if isinstance(each, Progressed)} == {(0, None)}


async def test_a_restart_goes_on_with_what_is_left(site: Site) -> None:
    step, began = step_of(wait="10s"), site.clock.now()
    until = the(WaitBegan, await site.abandon(step, after=4)).until
    assert (await site.settle(step)).happened == "no"
    site.facts = replace(site.facts, until=until)
    items = await site.run(step)
    assert not [item for item in items if isinstance(item, WaitBegan)]
    assert isinstance(items[0], Progressed)
    assert items[0].fraction == 0.2
    assert site.clock.now() == began + timedelta(seconds=10)


async def test_a_wait_whose_end_is_past_is_over_at_once(site: Site) -> None:
    site.facts = replace(site.facts, until=site.clock.now() - timedelta(hours=1))
    assert await site.run(step_of(wait="10s")) == ["waited 10s"]


async def test_it_ends_early_when_the_query_is_true(site: Site) -> None:
    step = step_of(wait="1h", until=FILLED, every="2s")
    stream = kind_of(step).run(step, facts=site.facts, database=site.handle(step), clock=site.clock)
    items: list[Any] = []
    async for item in stream:
        items.append(item)
        if len(items) == 4:
            site.tell("UPDATE users SET org_id = 'x'")
    measured, summary = items[-2:]
    assert (measured.actual, measured.passed, summary) == ("1", True, "true with 59:56 left")
    assert site.clock.monotonic() == 4


async def test_it_fails_when_the_time_is_over_and_the_query_is_not_true(site: Site) -> None:
    step = step_of(wait="3s", until=FILLED)
    *_, measured = await site.abandon(step, after=5)
    assert isinstance(measured, Measured)
    assert (measured.actual, measured.passed) == ("0", False)
    with pytest.raises(CheckFailed, match="not true after 3s, it is 0"):
        await site.run(step)


async def test_a_query_that_becomes_true_at_the_very_end_passes(site: Site) -> None:
    site.tell("UPDATE users SET org_id = 'x'")
    assert (await site.run(step_of(wait="0s", until=FILLED)))[-1] == "waited 0s"


async def test_no_rows_are_not_true(site: Site) -> None:
    with pytest.raises(CheckFailed, match="it is no rows"):
        await site.run(step_of(wait="1s", until="SELECT id FROM users WHERE id < 0"))


def test_the_preview_says_how_long() -> None:
    facts = Facts(engine="sqlite", version="3", environment="staging")
    plain, asking = step_of(wait="72h"), step_of(wait="90s", until=FILLED)
    assert kind_of(plain).preview(plain, facts).words == "Waits 72h."
    assert (
        kind_of(asking).preview(asking, facts).words
        == "Waits until the query is true, asking every 5s; fails after 90s."
    )
    assert (plain.title, asking.title) == ("Wait 72h", "Wait 90s at most")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"wait": "1s", "undo": "x"}, "undo: a wait changes nothing"),
        ({"wait": "1s", "until": "SELECT 1; SELECT 2"}, "until: line 1: one statement is asked"),
        ({"wait": "1s", "every": "0s"}, "every: a query needs a pause"),
        ({"wait": "0s"}, "wait: no time at all"),
        ({"wait": "5s", "until": "DELETE FROM users"}, "until: DELETE does not only read"),
        ({"wait": "5s", "restore": "r"}, "restore: a wait changes nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)
