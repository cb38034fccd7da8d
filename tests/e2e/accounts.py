"""Accounts of this machine for one test module: made by root, gone afterwards with all that ran in their name.

Rule: whoever is not root cannot make any, so these tests fail there and say so; they are never left out. Where the
interpreter is in a folder that is closed to others, such as root's home, the accounts see it in a mount namespace of
their own; nothing of the machine is changed.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.terminal import DEADLINE, program


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody, and how a program runs in their name."""

    name: str
    """As the program shows it."""
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    view: tuple[str, ...] = ()
    """Begins every command line: how the account gets to see the interpreter."""

    def words(self, *words: str) -> list[str]:
        """Return a command line that carries out another one as this account."""
        groups = ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        return [*self.view, "setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", *groups, "--", *words]

    def call(self, *words: str, folder: Path, **environment: str) -> tuple[int, str]:
        """Run the program to its end in the name of this account; return its exit status and what it said."""
        done = subprocess.run(
            self.words(*program(*words)),
            cwd=folder,
            env={**os.environ, "HOME": "/nonexistent", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE * 2,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode, done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """A group with two accounts in it, one account without a name in it, and one outside."""

    group: str
    gid: int
    operator: Account
    colleague: Account
    nameless: Account
    stranger: Account


@contextmanager
def accounts() -> Iterator[Accounts]:
    """Make the accounts, and take them away whatever happens."""
    assert os.geteuid() == 0, "these tests make accounts of their own: run them as root, in a container of their own"
    mark = f"{os.getpid() % 100_000:05}"
    group, logins = f"rbg{mark}", [f"rb{letter}{mark}" for letter in "ocs"]
    with _seeing() as view, _made("group", group), contextlib.ExitStack() as made:
        for each in logins:
            made.enter_context(_made("user", each))
        gid = grp.getgrnam(group).gr_gid
        nameless = _free_uid()
        made.callback(_end_all_of, nameless)
        yield Accounts(
            group=group,
            gid=gid,
            operator=_account(logins[0], gid, view=view),
            colleague=_account(logins[1], gid, view=view),
            nameless=Account(name=f"uid {nameless}", uid=nameless, gid=gid, view=view),
            stranger=_account(logins[2], view=view),
        )


@contextmanager
def _made(what: str, name: str) -> Iterator[None]:
    options = ("--no-create-home", "--user-group", "--shell", "/bin/sh") if what == "user" else ()
    _do(f"{what}add", *options, name)
    try:
        yield
    finally:
        if what == "user":
            _end_all_of(pwd.getpwnam(name).pw_uid)
        _do(f"{what}del", name)


def _end_all_of(uid: int) -> None:
    """End what still runs in the name of an account that this test made."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if process.stat().st_uid == uid:
                os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def _seeing() -> Iterator[tuple[str, ...]]:
    """Give the beginning of a command line that lets other accounts reach the interpreter; none where they can."""
    home = Path(sys.base_prefix)
    closed = next((each for each in reversed(home.parents) if not each.stat().st_mode & 0o001), None)
    if closed is None:
        yield ()
        return
    script = (
        'set -e; aside=$(mktemp -d); mount --bind "$1" "$aside"; mount -t tmpfs -o mode=711 none "$2";'
        ' mkdir -p "$1"; mount --move "$aside" "$1"; rmdir "$aside"; echo ready; exec sleep 1d'
    )
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(home), str(closed)]
    holder = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert holder.stdout is not None
        said = holder.stdout.readline()
        assert said == "ready\n", f"{home} is closed to other accounts, and no mount namespace can be made: {said}"
        yield ("nsenter", f"--target={holder.pid}", "--mount")
    finally:
        holder.kill()
        holder.communicate()


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"


def _account(login: str, *groups: int, view: tuple[str, ...]) -> Account:
    found = pwd.getpwnam(login)
    return Account(name=login, uid=found.pw_uid, gid=found.pw_gid, groups=groups, view=view)


def _free_uid() -> int:
    uid = 61_000 + os.getpid() % 500
    assert uid not in {each.pw_uid for each in pwd.getpwall()}, f"uid {uid} is to have no name"
    return uid


@contextmanager
def login(name: str) -> Iterator[int]:
    """Make one more account of a certain name and give its uid; one that is there already is taken as it is."""
    if any(each.pw_name == name for each in pwd.getpwall()):
        yield pwd.getpwnam(name).pw_uid
        return
    with _made("user", name):
        yield pwd.getpwnam(name).pw_uid


@contextmanager
def passable_folder(owner: Account) -> Iterator[Path]:
    """Make a folder that its owner writes to and everybody may pass through; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="runbook-accounts-"))
    try:
        os.chown(folder, owner.uid, owner.gid)
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder)
