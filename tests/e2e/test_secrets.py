"""Passwords and people planted wherever they can stand, real processes run over them, and everything searched."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.core import commands as c
from console.core.commands import Accepted
from console.core.secrets import MASK
from console.core.state import UNDER_WAY, Status
from console.sessions import Live
from console.storage import sockets
from tests.e2e.site import DATABASE, Site
from tests.e2e.terminal import LARGE, Terminal, program, terminal, until

pytestmark = pytest.mark.e2e

RUNBOOK = Path(__file__).parent / "runbooks" / "secrets.yaml"
REPLICA = "RUNBOOK_TEST_REPLICA"
PASSWORD = "hunter2-S3CRET"  # noqa: S105 - planted to be looked for
USERINFO = "us3r%40info-pw"
QUERY = "qu3ry-t0ken"
PEOPLE = ("ada.lovelace@example.org", "grace.hopper@example.org", "zuse.konrad@example.org")
PLANTED = (PASSWORD, USERINFO, "us3r@info-pw", QUERY, "ada.lovelace", "grace.hopper", "zuse.konrad")
SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
CREATE TABLE guarded (email TEXT);
CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN SELECT json_extract('{}', new.email); END;
"""
DEFECT = """
import sys
from console.{module} import {owner} as place

async def broken(*arguments, **options):
    raise KeyError("{words}")

place.{name} = broken
from console.__main__ import main
sys.argv = ["runbook", *sys.argv[1:]]
main()
"""


@pytest.fixture
def planted(here: Site) -> Site:
    """A site whose environment holds passwords, on a database with people in it."""
    here.database = here.folder / f"main.db?password={PASSWORD}"
    here.environment[DATABASE] = f"sqlite://{here.database}"
    here.environment[REPLICA] = f"postgresql://op1:{USERINFO}@db1/app?sslmode=require&token={QUERY}"
    with closing(sqlite3.connect(here.database)) as connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO people VALUES (?, ?)", enumerate(PEOPLE, start=1))
        connection.commit()
    return here


def clean(what: str, text: str | bytes) -> None:
    """Assert that none of what was planted is in a text."""
    raw = text.encode() if isinstance(text, str) else text
    found = [each for each in PLANTED if each.encode() in raw]
    assert not found, f"{found} in {what}: {raw.decode(errors='replace')}"


def nowhere_in_the_state(here: Site) -> set[str]:
    """Search every file of the state folder; return their names."""
    files = [path for path in (here.folder / "state").rglob("*") if path.is_file()]
    for path in files:
        clean(str(path), f"{path.name}\n".encode() + path.read_bytes())
    return {path.name for path in files}


def nowhere_in_what_is_told(here: Site) -> None:
    """Search what every verb that only reads says of the run."""
    for words in (
        ("status",),
        ("status", "--json"),
        ("status", "--tmux"),
        ("runs",),
        ("report", "--format", "md"),
        ("report", "--format", "json"),
        ("verify",),
        ("verify", "--on", f"env:{DATABASE}"),
        ("note", "--text", f"{MASK} is not there"),
    ):
        clean(" ".join(words), here.call(*words)[1])


def nowhere_in_the_processes(*pids: int) -> None:
    """Search the command lines and names of processes, and see that none would leave a core."""
    for pid in pids:
        for name in ("cmdline", "comm"):
            clean(f"{name} of {pid}", Path(f"/proc/{pid}/{name}").read_bytes())
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
        assert core == ["0", "0"]


def nowhere_on(screen: Terminal) -> None:
    clean("the screen", screen.painted)
    clean("the title", screen._pane("#{pane_title} #{window_name} #{pane_current_command}"))


async def test_nothing_of_a_run_at_the_screen_tells_what_was_planted(planted: Site) -> None:
    async with terminal(size=LARGE) as screen:
        screen.start(program("run", str(RUNBOOK)), folder=planted.folder, environment=planted.environment)
        await screen.wait_for("The latest person", "enter runs it")
        engine = await planted.engine_is_up()
        live = await Live.attach(planted.run().folder, account="root")
        try:
            await _everything(planted, live, screen)
            nowhere_in_the_processes(screen.pid, engine)
            clean("the socket", await _records(planted))
        finally:
            await live.close()
        os.kill(engine, signal.SIGKILL)
        await planted.engine_is_gone()
        nowhere_on(screen)
    nowhere_in_the_state(planted)
    ended, said = planted.call("run", str(RUNBOOK), "--headless")
    clean("what is said without a screen", said)
    assert ended != 70
    nowhere_in_what_is_told(planted)
    assert {"journal.jsonl", "engine.log"} <= nowhere_in_the_state(planted)
    assert MASK in planted.run().journal.read_text()


async def _everything(here: Site, live: Live, screen: Terminal) -> None:
    """Provoke everything that could tell something, and leave the long wait under way."""
    for step, status in _STEPS:
        await _run(here, live, step, status)
        nowhere_on(screen)
    await _told(live, c.AddNote(text=f"it is {here.environment[REPLICA]}, or {PASSWORD}"))
    await screen.wait_for(f"it is {MASK}, or {MASK}")
    await _out_of_reach(here, live, screen)
    await _told(live, c.StartStep(step="slow"))
    await until(lambda: here.state().under_way() == "slow", what=lambda: "the long wait is under way")


_STEPS: list[tuple[str, Status]] = [
    ("latest", Status.DONE),
    ("content", Status.DONE),
    ("counted", Status.DONE),
    ("same", Status.DONE),
    ("wrong", Status.FAILED),
    ("none", Status.FAILED),
    ("refused", Status.DONE),
    ("path", Status.FAILED),
    ("rule", Status.FAILED),
    ("until", Status.DONE),
]


async def _run(here: Site, live: Live, step: str, status: Status) -> None:
    await _told(live, c.StartStep(step=step))
    await until(lambda: here.state().steps[step].status is status, what=lambda: repr(here.state().steps[step]))
    clean(step, repr(here.state().steps[step]))


async def _told(live: Live, command: c.AnyCommand) -> None:
    answer = await live.submit(command)
    assert isinstance(answer, Accepted), answer


async def _out_of_reach(here: Site, live: Live, screen: Terminal) -> None:
    """Take the database away, ask it something, and put it back."""
    aside = here.folder / "aside"
    here.database.rename(aside)
    await _told(live, c.StartStep(step="wrong"))
    await until(lambda: here.state().steps["wrong"].status not in UNDER_WAY, what=lambda: "it fails")
    nowhere_on(screen)
    aside.rename(here.database)
    await until(lambda: not here.state().in_doubt(), what=lambda: "the doubt is settled")


async def _records(here: Site) -> bytes:
    """Return all bytes that the engine sends to whoever attaches."""
    reader, writer = await sockets.connect(here.run().folder, limit=1 << 20)
    expected = here.run().journal.read_bytes()
    writer.write(b'{"type":"StartStep","step":"nothing of that name"}\n{"no": "command"}\n')
    found = b""
    while len(found) < len(expected):
        found += await reader.read(1 << 16)
    writer.close()
    await writer.wait_closed()
    return found


NOT_OPENED: list[tuple[str, Callable[[Site], str]]] = [
    ("a password alone", lambda _: PASSWORD),
    ("another engine", lambda _: f"postgresql://op1:{PASSWORD}@db1/app?token={QUERY}"),
    ("a host", lambda _: f"sqlite://op1:{PASSWORD}@db1/app"),
    ("no such file", lambda here: f"sqlite://{here.folder}/none.db?password={PASSWORD}"),
    ("a folder", lambda here: f"sqlite://{here.folder}?password={PASSWORD}/.."),
    ("no database", lambda here: f"sqlite://{here.written(f'text?password={PASSWORD}', 'x' * 9999)}"),
    ("a name that no file has", lambda _: f"sqlite:/none.db?password={PASSWORD * 400}"),
]


@pytest.mark.parametrize(("url"), [url for _, url in NOT_OPENED], ids=[name for name, _ in NOT_OPENED])
def test_a_database_that_cannot_be_opened_is_told_without_its_secret(planted: Site, url: Callable[[Site], str]) -> None:
    planted.environment[DATABASE] = url(planted)
    for words in (("run", str(RUNBOOK), "--headless"), ("engine", str(RUNBOOK)), ("verify", "--on", f"env:{DATABASE}")):
        status, said = planted.call(*words)
        assert status in (1, 2, 4), said
        clean(" ".join(words), said)
    if (planted.folder / "state").exists():
        nowhere_in_the_state(planted)


async def test_a_screen_that_cannot_open_its_database_says_so_without_the_secret(planted: Site) -> None:
    planted.environment[DATABASE] = f"sqlite://{planted.folder}/none.db?password={PASSWORD}"
    async with terminal(size=LARGE) as screen:
        screen.start(program("run", str(RUNBOOK)), folder=planted.folder, environment=planted.environment)
        await screen.wait_for("cannot be found")
        nowhere_on(screen)
        nowhere_in_the_processes(screen.pid)
        screen.keys("q")
        assert await screen.wait_end() == 4
        nowhere_on(screen)


@pytest.mark.parametrize(
    ("module", "owner", "name", "status"),
    [
        ("databases.sqlite.target", "SqliteTarget", "identity", 70),
        ("steps", "baseline", "_values", 1),
        ("engine.server", "Server", "publish", 1),
    ],
)
def test_a_defect_of_our_own_is_kept_without_any_secret(
    planted: Site, module: str, owner: str, name: str, *, status: int
) -> None:
    script = DEFECT.format(module=module, owner=owner, name=name, words=f"{planted.environment[DATABASE]} {USERINFO}")
    done = subprocess.run(
        [sys.executable, "-c", script, "run", str(RUNBOOK), "--headless"],
        cwd=planted.folder,
        env={**os.environ, **planted.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    clean("what is said", done.stdout + done.stderr)
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    names = nowhere_in_the_state(planted)
    assert names
    if status == 70:
        assert any(each.startswith("crash-") for each in names)


def test_a_runbook_that_tells_a_secret_is_not_begun(planted: Site) -> None:
    text = RUNBOOK.read_text().replace("The latest person", f"The latest person but {PASSWORD}")
    status, said = planted.call("run", str(planted.written("telling.yaml", text)), "--headless")
    assert (status, planted.all_runs()) == (2, [])
    assert "telling.yaml:12: here stands what the environment keeps secret" in said
    clean("what is said", said)


def test_a_password_as_an_argument_is_refused(planted: Site) -> None:
    planted.call("run", str(RUNBOOK), "--headless")
    status, said = planted.call("verify", "--on", f"postgresql://op1:{PASSWORD}@db1/app")
    assert status == 2
    clean("what is said", said)
