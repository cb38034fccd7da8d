"""What stands in the way of a run on PostgreSQL, at its opening and in its steps: what is told, and the way out."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest

from console.core.errors import RunbookConsoleError
from tests.engine.faults import small_disk
from tests.engine.rig import Rig
from tests.servers.postgresql import Postgresql, files

RUNBOOK = """
runbook: way_out
title: One statement
engine: postgresql
risk: low
databases: {main: env:MAIN_URL}
phases:
  - id: only
    steps:
      - {id: it, sql: "STATEMENT", undo: "SELECT 1; DROP TABLE IF EXISTS made"}
"""
CREATE = "CREATE TABLE made (id int)"
SETUP = """
CREATE ROLE op LOGIN PASSWORD 'right'; CREATE ROLE weak LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE locked_out;
CREATE ROLE busy LOGIN CONNECTION LIMIT 0; CREATE ROLE stranger LOGIN; CREATE ROLE owner LOGIN;
ALTER ROLE reader SET default_transaction_read_only = on;
GRANT CREATE ON SCHEMA public TO op, weak, reader, owner;
CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things VALUES (1); ALTER TABLE things OWNER TO owner;
CREATE TABLE secrets (id int)
"""
MORE = (
    "CREATE DATABASE closed ALLOW_CONNECTIONS false",
    "CREATE DATABASE private",
    "REVOKE CONNECT ON DATABASE private FROM PUBLIC",
    "CREATE DATABASE strict",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    found = files("15").copy()
    hba = found.data / "pg_hba.conf"
    hba.write_text(f"host all op 127.0.0.1/32 scram-sha-256\n{hba.read_text(encoding='utf-8')}", encoding="utf-8")
    found.start()
    found.execute(SETUP)
    for sql in MORE:
        found.execute(sql)
    yield found
    found.end()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings counts."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))


def rig(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, *, statement: str = CREATE) -> Rig:
    monkeypatch.setenv("MAIN_URL", url)
    path = folder / "way_out.yaml"
    path.write_text(RUNBOOK.replace("STATEMENT", statement), encoding="utf-8")
    return Rig(folder, path)


OPENING = (
    ("{op}:wrong@{at}/postgres", "password authentication failed", r"~/\.pgpass", 4),
    ("{op}@{at}/postgres", "no password supplied", r"~/\.pgpass, PGPASSWORD", 4),
    ("nobody@{at}/postgres", 'role "nobody" does not exist', "check user", 4),
    ("locked_out@{at}/postgres", "is not permitted to log in", "ALTER ROLE … LOGIN", 4),
    ("postgres@{at}/nowhere", 'database "nowhere" does not exist', "correct the database's name", 4),
    ("postgres@{at}/closed", "not currently accepting connections", "ALLOW_CONNECTIONS true", 4),
    ("stranger@{at}/private", 'permission denied for database "private"', "GRANT CONNECT ON DATABASE", 4),
    ("busy@{at}/postgres", "too many connections for role", "end some connections that are idle", 4),
    ("postgres@127.0.0.1:1/postgres", "Connection refused", "check host, port and firewall", 4),
    ("postgres@host.invalid/postgres", "host.invalid", "check host, port and firewall", 4),
    ("postgres@%2Fnowhere/postgres", "No such file or directory", "check host, port", 4),
    ("postgres@{at}/postgres?sslmode=require", "does not support SSL", "correct sslmode", 4),
    ("reader@{at}/postgres", "read-only transaction", "ALTER ROLE … SET default_transaction_read_only = off", 1),
    ("stranger@{at}/postgres", "permission denied for schema public", "GRANT it to the role", 1),
    ("postgres@{at}/postgres?options=-csearch_path%3Dnone", "No schema of the search path exists", "create it", 4),
)


@pytest.mark.parametrize(("address", "told", "way_out", "status"), OPENING)
async def test_what_keeps_a_run_from_beginning_is_told_with_its_way_out(
    *,
    server: Postgresql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    told: str,
    way_out: str,
    status: int,
) -> None:
    url = "postgresql://" + address.format(at=f"127.0.0.1:{server.port}", op="op")
    await refused(rig(tmp_path, url, monkeypatch), told=told, way_out=way_out, status=status)


async def refused(rig: Rig, *, told: str, way_out: str, status: int) -> None:
    """The run does not begin, and nothing is left of it."""
    with pytest.raises(RunbookConsoleError) as refusal:
        await rig.open()
    assert re.search(told, refusal.value.message), refusal.value.message
    assert re.search(way_out, refusal.value.remedy), str(refusal.value)
    assert refusal.value.exit_status == status
    assert "wrong" not in str(refusal.value)
    runs = rig.folder / "runs"
    assert not runs.exists() or not list(runs.iterdir())


STEPS = (
    ("weak", "DELETE FROM secrets", "permission denied for table secrets", "GRANT it to the role"),
    ("weak", "ALTER TABLE things ADD COLUMN x int", "must be owner of table things", "connect as the owner"),
    ("weak", "COPY things TO PROGRAM 'true'", "pg_execute_server_program role", "GRANT it to the role"),
    ("owner", "SET statement_timeout = '20ms'; SELECT pg_sleep(600)", "statement timeout", "raise statement_timeout"),
    ("owner", "SET default_transaction_read_only = on; SET transaction_read_only = on; DELETE FROM things",
     "read-only transaction", "name the primary, or let this role write"),
    ("owner", "SET temp_file_limit = 0", "permission denied to set parameter", "GRANT it"),
)  # fmt: skip


@pytest.mark.parametrize(("role", "statement", "told", "way_out"), STEPS)
async def test_what_stops_a_step_is_told_with_its_way_out(
    *,
    server: Postgresql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    statement: str,
    told: str,
    way_out: str,
) -> None:
    server.execute("DROP TABLE IF EXISTS runbook_ledger, runbook_lease")
    await stopped(rig(tmp_path, server.url(user=role), monkeypatch, statement=statement), told=told, way_out=way_out)
    assert server.execute("SELECT count(*) FROM things") == [(1,)]


async def stopped(rig: Rig, *, told: str, way_out: str) -> None:
    """The run ends at the step, as `runbook run --headless` would."""
    running = await rig.engine()
    end = await running.to_the_end()
    state = running.state.steps["it"]
    assert end.status == 1, end.text
    assert re.search(told, state.error), state.error
    assert re.search(way_out, state.remedy), state.remedy
    await running.die()


@contextmanager
def small_tablespace(server: Postgresql) -> Iterator[bool]:
    """Make a tablespace on a disk of one megabyte; tell whether this machine lets us have one."""
    folder = server.folder / "small"
    folder.mkdir()
    with small_disk(folder) as mounted:
        os.chown(folder, server.folder.stat().st_uid, server.folder.stat().st_gid)
        server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield mounted
        server.execute("DROP TABLE IF EXISTS made")
        server.execute("DROP TABLESPACE small")


async def test_a_full_disk_of_the_server_is_told_and_leaves_nothing(
    server: Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.execute("DROP TABLE IF EXISTS runbook_ledger, runbook_lease")
    fill = "CREATE TABLE made TABLESPACE small AS SELECT repeat('x', 99) AS x FROM generate_series(1, 99999)"
    full = "DO $$ BEGIN RAISE disk_full USING MESSAGE = 'No space left on device'; END $$"
    with small_tablespace(server) as mounted:
        statement = fill if mounted else full
        way_out = rig(tmp_path, server.url(), monkeypatch, statement=statement)
        await stopped(way_out, told="No space left on device.*the server's disk is full", way_out="free space on the")
    assert server.execute("SELECT to_regclass('made')") == [(None,)]


async def test_a_server_without_a_free_connection_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = files("15").copy()
    small.start(max_connections="4", superuser_reserved_connections="1")
    small.execute("CREATE ROLE op LOGIN")
    run = rig(tmp_path, small.url(user="op"), monkeypatch)
    with ExitStack() as others:
        for _ in range(3):
            others.enter_context(psycopg.connect(small.url(user="op")))
        await refused(run, told="connection slots|too many clients", way_out="end some connections", status=4)
    small.end()


async def test_a_server_that_comes_up_or_goes_down_is_told_to_be_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = files("15").copy()
    own.start()
    with psycopg.connect(own.url()):
        assert own._process is not None
        own._process.send_signal(signal.SIGTERM)
        run = rig(tmp_path, own.url(), monkeypatch)
        while "shutting down" not in (own._refuses() or ""):
            await asyncio.sleep(0)
        await refused(run, told="is shutting down", way_out="wait until the server is up", status=4)
    own.end()


async def test_a_replica_is_no_main_database(
    server: Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = server.replica()
    follower.start()
    run = rig(tmp_path, follower.url(), monkeypatch)
    await refused(run, told="is a replica: it follows another server", way_out="name the primary", status=3)
    follower.end()


@asynccontextmanager
async def listener(says: bytes) -> AsyncIterator[int]:
    """Listen on a port, and say that to whoever asks for something."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(says)
        writer.close()

    found = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield int(found.sockets[0].getsockname()[1])
    found.close()


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\x15\x03\x01\x00\x02\x02\x46"])
async def test_a_port_of_something_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: bytes) -> None:
    async with listener(says) as port:
        run = rig(tmp_path, f"postgresql://op@127.0.0.1:{port}/app", monkeypatch)
        await refused(run, told="cannot be reached", way_out="is it PostgreSQL that listens", status=4)
