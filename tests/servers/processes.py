"""Processes of a server: as an account without privileges, and gone when the tests are, however they end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

ACCOUNT = "nobody"
"""As whom servers run when the tests are root, which PostgreSQL refuses to be."""


def start(command: Sequence[str | Path], *, log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a server whose words go to a log."""
    with log.open("ab") as words:
        return subprocess.Popen(
            _as_account(command),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd=cwd,
            env=_environment(cwd),
            start_new_session=True,
        )


def call(command: Sequence[str | Path], *, cwd: Path) -> str:
    """Run a program of a server to its end and return its words; they are the error when it fails."""
    answer = subprocess.run(
        _as_account(command),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env=_environment(cwd),
    )
    assert answer.returncode == 0, f"{command}:\n{answer.stdout}"
    return answer.stdout


def folder(name: str) -> Path:
    """Return a new folder that the servers' account may write; its path is short, because a socket's must be."""
    made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    if whom := _account():
        os.chown(made, whom.pw_uid, whom.pw_gid)
    return made


def reachable(programs: Path, *, copy_to: Path) -> Path:
    """Return a folder of programs that the servers' account can reach: this one, or a copy with what lies beside it."""
    open_to_all = all(each.stat().st_mode & 0o001 for each in (programs, *programs.parents))
    if _account() is None or open_to_all:
        return programs
    shutil.copytree(programs.parent, copy_to, symlinks=True)
    return copy_to / programs.name


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _account() -> pwd.struct_passwd | None:
    """Return whom to run as; None when the tests are nobody special."""
    return pwd.getpwnam(ACCOUNT) if os.getuid() == 0 else None


def _as_account(command: Sequence[str | Path]) -> list[str | Path]:
    whom = _account()
    become = [f"--reuid={whom.pw_uid}", f"--regid={whom.pw_gid}", "--clear-groups"] if whom else []
    # The kernel ends it when the tests are gone: after kill -9 there is nobody to do it.
    return ["setpriv", *become, "--pdeathsig=KILL", "--", *command]


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}
