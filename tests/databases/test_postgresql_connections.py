"""Connections as libpq's users know them: URLs, variables, service and password files, sockets, TLS, several hosts."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import databases
from console.core.errors import Unreachable
from console.databases.postgresql.naming import LONGEST, called
from tests.databases.acts import held
from tests.databases.benches import LEASE, PostgresqlBench, ticket
from tests.servers.certificates import authority, signed
from tests.servers.postgresql import files

HOST = "db1.test"
"""A name that only the certificate knows; where it is, the URL says."""


class Guarded:
    """A server that lets `op` in by password, over TLS and without, and everybody by its socket."""

    def __init__(self, folder: Path) -> None:
        self.server = files("15").copy()
        self.authority = authority(folder, "authority")
        self.stranger = authority(folder, "stranger")
        certificate, key = signed(self.authority, host=HOST, into=self.server.folder, owner=self.server.folder)
        hba = self.server.data / "pg_hba.conf"
        rules = "host all op 127.0.0.1/32 scram-sha-256\n"
        hba.write_text(rules + hba.read_text(encoding="utf-8"), encoding="utf-8")
        self.server.start(ssl="on", ssl_cert_file=str(certificate), ssl_key_file=str(key))
        self.server.execute("CREATE ROLE op LOGIN SUPERUSER PASSWORD 'right:\\s'")

    def named(self, **more: str) -> str:
        """Return the address by libpq's own words, with a host's name that is not looked up."""
        words = {"host": HOST, "hostaddr": "127.0.0.1", "port": str(self.server.port), "dbname": "postgres"}
        return "postgresql:" + " ".join(f"{name}='{value}'" for name, value in ({**words, "user": "op"} | more).items())


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    found = Guarded(tmp_path_factory.mktemp("authorities"))
    yield found
    found.server.end()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings counts."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))


async def label(url: str) -> str:
    """Return where a URL leads."""
    target = await databases.open_target(url)
    try:
        return (await target.identity()).label
    finally:
        await target.close()


async def refused(url: str) -> str:
    with pytest.raises(Unreachable) as told:
        await label(url)
    assert told.value.remedy
    assert told.value.exit_status == 4
    return str(told.value)


async def test_all_of_an_address_may_come_from_variables(
    latest: PostgresqlBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = latest.server
    tcp, socket = f"127.0.0.1:{at.port}/{latest.database}", f"{at.folder}:{at.port}/{latest.database}"
    for host, expected in (("127.0.0.1", tcp), (str(at.folder), socket)):
        for name, value in (("HOST", host), ("PORT", str(at.port)), ("USER", "postgres")):
            monkeypatch.setenv(f"PG{name}", value)
        monkeypatch.setenv("PGDATABASE", latest.database)
        for url in ("postgresql:", "postgresql://", "postgresql:///", "postgres:///"):
            assert await label(url) == expected
        monkeypatch.setenv("PGDATABASE", "nowhere")
        assert await label(f"postgresql:///{latest.database}") == expected
        assert await label(f"postgresql:dbname={latest.database}") == expected


async def test_a_socket_is_named_in_each_way_that_libpq_knows(latest: PostgresqlBench) -> None:
    at, name = latest.server, latest.database
    quoted = str(at.folder).replace("/", "%2F")
    for url in (
        f"postgresql:///{name}?host={at.folder}&port={at.port}&user=postgres",
        f"postgresql://postgres@{quoted}:{at.port}/{name}",
        f"postgresql:host={at.folder} port={at.port} user=postgres dbname={name}",
    ):
        assert await label(url) == f"{at.folder}:{at.port}/{name}"


async def test_a_service_gives_what_the_url_leaves_out(latest: PostgresqlBench, tmp_path: Path) -> None:
    at = latest.server
    text = f"[shop]\nhost=127.0.0.1\nport={at.port}\nuser=postgres\ndbname=nowhere\n"
    (tmp_path / "services").write_text(text, encoding="utf-8")
    for url in (f"postgresql:///{latest.database}?service=shop", f"postgresql:service=shop dbname={at.create()}"):
        assert (await label(url)).startswith(f"127.0.0.1:{at.port}/d")
    assert "~/.pg_service.conf" in await refused("postgresql:service=shpo")


async def test_a_password_comes_from_a_file_or_a_variable_and_is_never_asked_for(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = guarded.server.url(user="op")
    assert re.search(r"no password supplied.*~/\.pgpass, PGPASSWORD", await refused(url))
    passes = tmp_path / "pgpass"
    passes.write_text(f"127.0.0.1:{guarded.server.port}:*:op:right\\:\\\\s\n", encoding="utf-8")
    passes.chmod(0o600)
    assert await label(url)
    assert await label(f"{url}?passfile={passes}")
    passes.write_text("*:*:*:op:wrong\n", encoding="utf-8")
    told = await refused(url)
    assert re.search(r"password authentication failed for user.*~/\.pgpass", told)
    monkeypatch.setenv("PGPASSWORD", "right:\\s")
    assert await label(url)
    monkeypatch.delenv("PGPASSWORD")
    assert await label(guarded.server.url(user="op:right%3A%5Cs"))


async def test_the_first_host_that_answers_and_is_fit_is_taken(
    latest: PostgresqlBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = latest.server
    expected = f"127.0.0.1:{at.port}/{latest.database}"
    url = f"postgresql://postgres@127.0.0.1:1,127.0.0.1:{at.port}/{latest.database}"
    for attributes in ("any", "read-write", "primary", "prefer-standby"):
        assert await label(f"{url}?target_session_attrs={attributes}") == expected
    for name, value in (("HOST", "127.0.0.1,127.0.0.1"), ("PORT", f"1,{at.port}"), ("USER", "postgres")):
        monkeypatch.setenv(f"PG{name}", value)
    assert await label(f"postgresql:///{latest.database}?target_session_attrs=read-write") == expected
    assert re.search("not in hot standby|standby", await refused(f"{url}?target_session_attrs=standby"))


async def test_tls_is_as_strict_as_the_url_says(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "right:\\s")
    known, strange = str(guarded.authority), str(guarded.stranger)
    here = f"127.0.0.1:{guarded.server.port}/postgres"
    for mode in ("require", "verify-ca", "verify-full"):
        target = await databases.open_target(guarded.named(sslmode=mode, sslrootcert=known))
        handle = target.bind(ticket(), await target.identity())
        assert (await handle.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).rows == ((True,),)
        await target.close()
    assert await label(guarded.named(sslmode="verify-full", sslrootcert=known, channel_binding="require"))
    assert await label(f"postgresql://op@{here}?sslmode=verify-ca&sslrootcert={known}")
    for url, told in (
        (guarded.named(sslmode="verify-full", sslrootcert=known, host="db2.test"), r"db1\.test.*does not match.*db2"),
        (guarded.named(sslmode="verify-full", sslrootcert=strange), "certificate verify failed.*sslrootcert"),
        (guarded.named(sslmode="verify-ca", sslrootcert=f"{strange}.none"), "does not exist.*sslrootcert"),
        (guarded.named(sslmode="disable", channel_binding="require"), "channel binding required.*sslmode=require"),
    ):
        assert re.search(told, await refused(url)), url


@pytest.mark.parametrize("mode", ["require", "verify-full"])
async def test_a_server_without_tls_is_refused_where_tls_is_wanted(
    latest: PostgresqlBench, tmp_path: Path, mode: str
) -> None:
    root = authority(tmp_path, "authority")
    told = await refused(f"{latest.url}?sslmode={mode}&sslrootcert={root}")
    assert re.search(r"does not support SSL.*correct sslmode", told)


def shown(bench: PostgresqlBench) -> set[str]:
    """Return how the sessions on a database are called."""
    other = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
    return {str(name) for (name,) in bench.outside(f"{other} AND pid <> pg_backend_pid()")}


async def test_the_server_shows_which_run_and_step_is_at_work(latest: PostgresqlBench) -> None:
    assert shown(latest) == {"runbook"}
    database = await held(latest)
    async with database.transaction(completes=True) as transaction:
        await transaction.execute(latest.add_one)
        await database.query(latest.read)
        assert shown(latest) == {"runbook r1 fill"}
    next_step = latest.target.bind(ticket(step="check"), await latest.target.identity())
    await next_step.query(latest.read)
    assert shown(latest) == {"runbook", "runbook r1 check"}


async def test_what_the_user_set_stays_set(latest: PostgresqlBench) -> None:
    options = "options=-c%20statement_timeout%3D7s%20-c%20search_path%3Daside&application_name=deploy"
    latest.outside("CREATE SCHEMA aside")
    target = await databases.open_target(f"{latest.url}?{options}")
    assert "deploy" in shown(latest)
    database = target.bind(ticket(epoch=await target.claim(LEASE)), await target.identity())
    settings = "SELECT current_setting('statement_timeout'), current_setting('search_path')"
    assert (await database.query(settings)).rows == (("7s", "aside"),)
    async with database.transaction(completes=True) as transaction:
        await transaction.execute("SET statement_timeout = '1h'")
    async with database.transaction(completes=True) as transaction:
        assert (await transaction.fetch(settings)).rows == (("7s", "aside"),)
    assert await database.entry() is not None
    await target.close()


def test_a_step_can_be_told_from_a_sessions_name_however_long_the_runs_is() -> None:
    assert called(ticket()) == "runbook r1 fill"
    for run, step in (("r" * 60 + "-20260301T220000", "fill"), ("r" * 90, "s" * 63), ("r", "s" * 63)):
        name = called(ticket(run=run, step=step))
        assert len(name) <= LONGEST
        assert name.split()[0] == "runbook"
        assert step.startswith(name.split()[2])
        assert run.endswith(name.split()[1].removeprefix(".."))


async def test_what_takes_too_long_to_let_us_in_is_out_of_reach() -> None:
    lines: list[asyncio.StreamWriter] = []
    deaf = await asyncio.start_server(lambda _, writer: lines.append(writer), "127.0.0.1", 0)
    port = deaf.sockets[0].getsockname()[1]
    told = await refused(f"postgresql://op@127.0.0.1:{port}/app?connect_timeout=2")
    assert re.search("timeout.*check host, port and firewall", told)
    deaf.close()
    for line in lines:
        line.close()
        await line.wait_closed()
