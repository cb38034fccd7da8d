"""A run on PostgreSQL whose server is promoted, restored, put back or started anew between two steps, by the engine."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from console import databases
from console.core import commands as c
from console.core.commands import Accepted
from console.core.errors import WrongTarget
from console.core.state import Status, StepState
from tests.engine.rig import Rig, Running
from tests.servers import processes
from tests.servers.postgresql import USER, Postgresql, files
from tests.servers.proxy import Fault, Proxy

RUNBOOK = """
runbook: over
title: Two tables, one after the other
engine: postgresql
risk: low
databases: {main: env:MAIN_URL, replica: env:REPLICA_URL}
phases:
  - id: only
    any_order: true
    steps:
      - {id: one, sql: CREATE TABLE one (id int PRIMARY KEY), undo: DROP TABLE one}
      - {id: two, sql: INSERT INTO kept VALUES (2), undo: DELETE FROM kept WHERE id = 2}
      - {id: three, sql: INSERT INTO kept VALUES (3), undo: DELETE FROM kept WHERE id = 3}
      - {id: count, check: SELECT count(*) FROM kept, expect: 1}
      - {id: slow, check: "SELECT pg_sleep(600) IS NULL", expect: true, on: replica}
      - {id: there, check: SELECT pg_is_in_recovery(), expect: true, on: replica}
"""
COUNT = "SELECT count(*) FROM kept"
ASIDE = "postgresql://127.0.0.1:1/nowhere?connect_timeout=2"


class Begin(Protocol):
    """Begin a run on the database of a URL, and execute its first step."""

    async def __call__(self, url: str, replica: str = ASIDE) -> Running: ...


def with_app(server: Postgresql) -> Postgresql:
    """Return a server with a database `app`, in which one row is kept."""
    server.drop("app")
    server.execute("CREATE DATABASE app")
    server.execute("CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept VALUES (1)", database="app")
    return server


@pytest.fixture
def primary() -> Iterator[Postgresql]:
    """Return a server that the test may take away."""
    found = files("16").copy()
    found.start()
    yield with_app(found)
    found.end()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Postgresql]:
    found = files("16").copy()
    found.start()
    yield found
    found.end()


@pytest.fixture
def kept(lasting: Postgresql) -> Postgresql:
    """Return a server that is there again when the test ends."""
    return with_app(lasting)


@pytest.fixture
async def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Begin]:
    (tmp_path / "over.yaml").write_text(RUNBOOK)
    engines: list[Running] = []

    async def begun(url: str, replica: str = ASIDE) -> Running:
        monkeypatch.setenv("MAIN_URL", url)
        monkeypatch.setenv("REPLICA_URL", replica)
        engines.append(await Rig(tmp_path, tmp_path / "over.yaml").engine())
        assert (await done(engines[0], "one")).status is Status.DONE
        return engines[0]

    yield begun
    for engine in engines:
        await engine.die()


async def started(running: Running, step: str) -> None:
    answer = await running.engine.submit(c.StartStep(step=step), running.opened.account)
    assert isinstance(answer, Accepted), answer


async def done(running: Running, step: str) -> StepState:
    """Start a step and return how it ended; what is in doubt need not be settled."""
    await started(running, step)
    async with asyncio.timeout(60):
        while running.state.under_way():
            await asyncio.sleep(0.01)
    return running.state.steps[step]


async def refused(running: Running, server: Postgresql, *, why: str) -> None:
    """Neither a step nor a check gets through, both say why, and nothing was written."""
    checked = await done(running, "count")
    assert checked.status is Status.FAILED
    assert re.search(why, checked.error), checked.error
    assert "start a new run" in checked.remedy
    written = await done(running, "two")
    assert written.status is Status.IN_DOUBT
    assert re.search(why, written.error), written.error
    assert server.execute(COUNT, database="app") == [(1,)]


async def test_a_replica_that_took_over_the_address_is_not_written(primary: Postgresql, begin: Begin) -> None:
    running = await begin(primary.url("app"))
    follower = primary.replica()
    primary.stop()
    follower.port = primary.port
    follower.start()
    follower.execute("SELECT pg_promote()")
    why = r"it was promoted.*since the run began \(timeline was 0*1 and is 0*2\)"
    await refused(running, follower, why=why)
    await running.die()
    with pytest.raises(WrongTarget, match=f"run over-.* of this runbook is open, and .*{why}.*--take-over"):
        await running.rig.open()
    follower.end()


async def test_the_next_host_of_the_url_is_not_written_when_the_first_one_died(
    primary: Postgresql, begin: Begin
) -> None:
    follower = primary.replica()
    follower.start()
    hosts = f"postgresql://{USER}@127.0.0.1:{primary.port},127.0.0.1:{follower.port}/app"
    running = await begin(f"{hosts}?target_session_attrs=read-write")
    assert running.state.target.label == f"127.0.0.1:{primary.port}/app"
    while follower.execute("SELECT to_regclass('one') IS NULL", database="app") == [(True,)]:
        await asyncio.sleep(0.01)
    primary.stop(signal.SIGQUIT)
    follower.execute("SELECT pg_promote()")
    await refused(running, follower, why=f"listens on another port .port was {primary.port} and is {follower.port}")
    follower.end()


async def test_a_restored_copy_of_the_files_is_not_written(primary: Postgresql, begin: Begin) -> None:
    running = await begin(primary.url("app"))
    primary.stop()
    copied = primary.copy()
    copied.port = primary.port
    copied.start()
    await refused(running, copied, why=r"its files lie elsewhere, so that it is a copy")
    copied.end()


async def test_a_database_restored_from_a_dump_under_its_name_is_not_written(kept: Postgresql, begin: Begin) -> None:
    running = await begin(kept.url("app"))
    dump = kept.folder / "dump"
    processes.call((kept.binaries / "pg_dump", "-Fc", "-f", dump, kept.url("app")), cwd=kept.folder)
    kept.drop("app")
    kept.execute("CREATE DATABASE app")
    processes.call((kept.binaries / "pg_restore", "-d", kept.url("app"), dump), cwd=kept.folder)
    await refused(running, kept, why="made anew, or restored, under its name")


async def test_older_files_that_were_put_back_in_place_are_not_written(primary: Postgresql, begin: Begin) -> None:
    running = await begin(primary.url("app"))
    primary.stop()
    snapshot = primary.copy()
    primary.start()
    assert (await done(running, "two")).status is Status.DONE
    primary.stop()
    processes.call(("rm", "-rf", primary.data), cwd=primary.folder)
    processes.call(("cp", "-a", snapshot.data, primary.data), cwd=primary.folder)
    primary.start()
    refusal = await done(running, "three")
    assert refusal.status is Status.FAILED
    assert "an older copy: it does not know what this run has done" in refusal.error
    assert primary.execute(COUNT, database="app") == [(1,)]
    snapshot.end()


async def test_a_server_that_was_restarted_is_waited_for_and_gone_on_with(kept: Postgresql, begin: Begin) -> None:
    running = await begin(kept.url("app"))
    assert (await done(running, "count")).status is Status.DONE
    kept.stop(signal.SIGQUIT)
    await started(running, "two")
    await asyncio.sleep(0.2)
    assert running.state.under_way() == "two"
    kept.start()
    async with asyncio.timeout(60):
        while running.state.under_way():
            await asyncio.sleep(0.01)
    assert running.state.steps["two"].status is Status.DONE
    assert any("out of reach: it is tried again for 20 s" in said for said in running.state.steps["two"].output)
    assert kept.execute(COUNT, database="app") == [(2,)]


async def test_waiting_for_a_server_is_cancelled_at_once(kept: Postgresql, begin: Begin) -> None:
    running = await begin(kept.url("app"))
    kept.stop(signal.SIGQUIT)
    await started(running, "count")
    await asyncio.sleep(0.1)
    answer = await running.engine.submit(c.CancelStep(step="count"), running.opened.account)
    assert isinstance(answer, Accepted)
    async with asyncio.timeout(10):
        while running.state.under_way():
            await asyncio.sleep(0.01)
    assert running.state.steps["count"].status is Status.INTERRUPTED
    kept.start()
    assert (await done(running, "count")).status is Status.DONE


@pytest.mark.parametrize(("fault", "at"), [("before", b"INSERT"), ("after", b"INSERT"), ("after", b"COMMIT\0")])
async def test_a_line_that_breaks_in_a_step_leads_to_settling_and_the_step_happens_once(
    kept: Postgresql, begin: Begin, fault: Fault, at: bytes
) -> None:
    async with Proxy(kept.port) as proxy:
        running = await begin(kept.url("app", port=proxy.port))
        proxy.strike(fault, at=at)
        await done(running, "two")
        async with asyncio.timeout(60):
            while running.state.in_doubt():
                await asyncio.sleep(0.01)
        state = running.state.steps["two"]
        if state.status is not Status.DONE:
            assert at == b"INSERT"
            assert (await done(running, "two")).status is Status.DONE
        assert kept.execute(COUNT, database="app") == [(2,)]
        await running.die()


async def test_a_replica_is_read_where_a_step_says_until_it_is_promoted(kept: Postgresql, begin: Begin) -> None:
    follower = kept.replica()
    follower.start()
    hosts = f"postgresql://{USER}@127.0.0.1:{kept.port},127.0.0.1:{follower.port}/app"
    running = await begin(kept.url("app"), follower.url("app"))
    assert (await done(running, "there")).status is Status.DONE
    found = running.state.others["replica"]
    assert (found.label, found.facts["role"]) == (f"127.0.0.1:{follower.port}/app", "replica")
    handle = running.engine._runner.handle(running.state.step("there"))
    assert (await handle.query(COUNT)).rows == ((1,),)
    await started(running, "slow")
    asleep = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'runbook % slow'"
    while not follower.execute(asleep):
        await asyncio.sleep(0.01)
    await running.engine.submit(c.CancelStep(step="slow"), running.opened.account)
    while running.state.under_way():
        await asyncio.sleep(0.01)
    assert running.state.steps["slow"].status is Status.INTERRUPTED
    assert follower.execute(asleep) == []
    for attributes, port in (("standby", follower.port), ("prefer-standby", follower.port), ("primary", kept.port)):
        target = await databases.open_target(f"{hosts}?target_session_attrs={attributes}")
        assert (await target.identity()).facts["port"] == str(port), attributes
        await target.close()
    follower.execute("SELECT pg_promote()")
    with pytest.raises(WrongTarget, match=r"replica: .*role was replica and is primary.*amend the runbook"):
        await handle.query(COUNT)
    follower.end()
