"""The databases on which the contract suite runs: an engine joins by a bench and a line here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases.benches import Bench, FakeBench, PostgresqlBench, SqliteBench
from tests.servers.postgresql import BINARIES, server

POSTGRESQL = [pytest.param(f"postgresql-{version}", marks=pytest.mark.slow) for version in BINARIES]
VERSIONS = [pytest.param(version, marks=pytest.mark.slow) for version in BINARIES]


@pytest.fixture(params=["fake", "sqlite", *POSTGRESQL])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    match request.param:
        case "fake":
            found: Bench = FakeBench()
        case "sqlite":
            found = await SqliteBench.opened(tmp_path)
        case name:
            postgresql = await PostgresqlBench.opened(server(name.rpartition("-")[2]))
            yield postgresql
            await postgresql.end()
            return
    yield found
    await found.target.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteBench]:
    bench = await SqliteBench.opened(tmp_path)
    yield bench
    await bench.target.close()


@pytest.fixture(params=VERSIONS)
async def postgresql(request: pytest.FixtureRequest) -> AsyncIterator[PostgresqlBench]:
    bench = await PostgresqlBench.opened(server(request.param))
    yield bench
    await bench.end()


@pytest.fixture(params=VERSIONS[-1:])
async def latest(request: pytest.FixtureRequest) -> AsyncIterator[PostgresqlBench]:
    """What does not differ between versions, and takes many databases, is shown on the newest one."""
    bench = await PostgresqlBench.opened(server(request.param))
    yield bench
    await bench.end()
