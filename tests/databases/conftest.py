"""The databases on which the contract suite runs: an engine joins by a bench and a line here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases.benches import Bench, FakeBench, SqliteBench


@pytest.fixture(params=["fake", "sqlite"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    match request.param:
        case "sqlite":
            found: Bench = await SqliteBench.opened(tmp_path)
        case _:
            found = FakeBench()
    yield found
    await found.target.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteBench]:
    bench = await SqliteBench.opened(tmp_path)
    yield bench
    await bench.target.close()
