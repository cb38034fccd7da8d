"""PgBouncer of the system, as a pool before a server of the tests."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Literal

from tests.servers import processes
from tests.servers.postgresql import USER, Postgresql

PROGRAM = Path("/usr/sbin/pgbouncer")
PATIENCE = 30
"""Seconds for it to listen."""

Mode = Literal["session", "transaction", "statement"]


class Pgbouncer:
    """Lends out the connections of a server, in one of its modes."""

    def __init__(self, server: Postgresql, *, mode: Mode) -> None:
        assert PROGRAM.exists(), "PgBouncer is not installed: see the Makefile"
        self.server = server
        self.port = processes.free_port()
        self.folder = processes.folder("pgbouncer")
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": self.folder / "users",
            "pool_mode": mode,
        }
        lines = ["[databases]", f"* = host=127.0.0.1 port={server.port}", "[pgbouncer]"]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        (self.folder / "users").write_text(f'"{USER}" ""\n', encoding="utf-8")
        (self.folder / "ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] = processes.start(
            [PROGRAM, self.folder / "ini"], log=self._log, cwd=self.folder
        )
        self._wait()

    def url(self, database: str) -> str:
        """Return the URL that leads through it."""
        return self.server.url(database, port=self.port)

    def end(self) -> None:
        """Stop it and remove all it had."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        began = time.monotonic()
        while not self._listens():
            gone = self._process.poll() is not None or time.monotonic() - began > PATIENCE
            assert not gone, f"PgBouncer does not start:\n{self._log.read_text()}"

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
