"""Real processes, killed at random moments with a seed: nothing is lost and nothing is done twice."""

import random
import time
from pathlib import Path

import pytest

from console.core import events as e
from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.kills import Figures, Moments, killed_again_and_again
from tests.e2e.site import Site, Tell

pytestmark = pytest.mark.e2e

TRIPLE = Path(__file__).parent / "runbooks" / "triple.yaml"
SEED = 20261120


def times_done(here: Site, step: str) -> int:
    """Count how often the journal says that a step happened."""
    done = [event for event in here.events() if isinstance(event, e.StepSucceeded) and event.step == step]
    settled = [event for event in here.events() if isinstance(event, e.StepSettled) and event.step == step]
    return len(done) + sum(event.happened == "yes" for event in settled)


async def triple_under(here: Site, *, rows: int, kills: int, longest: float) -> Figures:
    """Triple all balances without a screen, under that many kills, and check every row."""
    before = open_accounts(here.database, rows=rows)
    moments = Moments(random.Random(SEED), longest=longest)  # noqa: S311 - chance that can be had again
    figures = await killed_again_and_again(here, "run", str(TRIPLE), "--headless", kills=kills, moments=moments)
    assert balances(here.database) == tripled(before)
    assert times_done(here, "triple") == 1
    assert here.verdict().state == "sealed"
    assert len(here.readable_runs()) == 1
    return figures


async def test_a_backfill_that_no_repetition_forgives_ends_exactly_right_under_kills(here: Site) -> None:
    figures = await triple_under(here, rows=4_000, kills=6, longest=0.4)
    assert figures.kills == 6, figures
    assert figures.under_way >= 2, figures


@pytest.mark.soak
async def test_fifty_kills_of_a_backfill_that_no_repetition_forgives(here: Site, tell: Tell) -> None:
    began = time.monotonic()
    figures = await triple_under(here, rows=20_000, kills=50, longest=0.25)
    tell(f"tripling 20,000 rows: {figures}, {time.monotonic() - began:.0f} s")
    assert figures.kills == 50
    assert figures.under_way >= 25
