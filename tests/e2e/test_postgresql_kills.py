"""Real processes at a real PostgreSQL, killed at random moments with a seed: nothing is lost, nothing is done twice."""

import random
import time
from pathlib import Path

import pytest

from tests.e2e.kills import Figures, Moments, killed_again_and_again
from tests.e2e.site import DATABASE, Site, Tell
from tests.e2e.test_kills import SEED, TRIPLE, times_done
from tests.servers.postgresql import BINARIES, Postgresql, server

pytestmark = pytest.mark.e2e

FIRST = "      - {id: rows,"
INDEX = "CREATE INDEX CONCURRENTLY by_balance ON accounts (balance)"
STEP = f"      - {{id: index, sql: {INDEX}, undo: DROP INDEX CONCURRENTLY by_balance}}\n"
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_balance'::regclass"


class Shop:
    """A database with accounts, and the runbook that triples their balances and indexes them concurrently."""

    def __init__(self, here: Site, at: Postgresql, *, rows: int) -> None:
        self.here, self.at, self.database = here, at, at.create()
        self.outside(
            f"CREATE TABLE accounts AS SELECT 3 * n AS id, 100 + n AS balance FROM generate_series(1, {rows}) n"
        )
        self.outside("ALTER TABLE accounts ADD PRIMARY KEY (id)")
        here.environment[DATABASE] = at.url(self.database)
        text = TRIPLE.read_text(encoding="utf-8").replace("engine: sqlite", "engine: postgresql")
        self.runbook: Path = here.written("triple.yaml", text.replace(FIRST, STEP + FIRST))

    def outside(self, sql: str) -> list[tuple[object, ...]]:
        """Execute as an administrator."""
        return self.at.execute(sql, database=self.database)


async def triple_under(shop: Shop, *, kills: int, longest: float) -> Figures:
    """Index and triple without a screen, under that many kills, and check every row."""
    before = shop.outside("SELECT id, 3 * balance FROM accounts ORDER BY id")
    moments = Moments(random.Random(SEED), longest=longest)  # noqa: S311 - chance that can be had again
    words = ("run", str(shop.runbook), "--headless")
    figures = await killed_again_and_again(shop.here, *words, kills=kills, moments=moments)
    assert shop.outside("SELECT id, balance FROM accounts ORDER BY id") == before
    assert shop.outside(VALID) == [(True,)]
    assert (times_done(shop.here, "triple"), times_done(shop.here, "index")) == (1, 1)
    assert shop.here.verdict().state == "sealed"
    assert len(shop.here.readable_runs()) == 1
    return figures


async def test_what_no_repetition_forgives_ends_exactly_right_under_kills(here: Site) -> None:
    shop = Shop(here, server("16"), rows=1_000)
    figures = await triple_under(shop, kills=5, longest=0.8)
    assert figures.kills == 5, figures
    assert figures.under_way >= 1, figures


@pytest.mark.soak
@pytest.mark.parametrize("version", BINARIES)
async def test_fifty_kills_of_what_no_repetition_forgives(here: Site, tell: Tell, version: str) -> None:
    began = time.monotonic()
    figures = await triple_under(Shop(here, server(version), rows=20_000), kills=50, longest=0.5)
    tell(f"tripling 20,000 rows on PostgreSQL {version}: {figures}, {time.monotonic() - began:.0f} s")
    assert figures.kills == 50
    assert figures.under_way >= 25
