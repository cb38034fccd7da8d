"""Two engines for one run: at most one acts, whoever comes second is told who is there, and nothing is lost."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from console import sessions
from console.cli.spawning import Ready
from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted, Answer, Refused
from console.core.errors import JournalError
from console.core.state import Status
from console.sessions import Live
from console.storage.runs import list_runs
from console.storage.verify import verify
from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.site import Site, Tell
from tests.e2e.terminal import until

pytestmark = pytest.mark.e2e

DESK = Path(__file__).parent / "runbooks" / "desk.yaml"
ROOT = Path(__file__).parents[2]
REFUSED, IN_DOUBT = 3, 5


def folder_in(report: str) -> Path:
    """Return where an engine says that it takes commands."""
    return Path(os.fsdecode(msgspec.json.decode(report, type=Ready).folder))


def raced(folder: Path, *, rounds: int) -> dict[str, int]:
    """Let two processes race for a run, twice a round; return what became of them."""
    words = [sys.executable, "-m", "tests.e2e.racer", str(folder), str(rounds)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_of_two_engines_that_race_for_a_run_at_most_one_acts(tmp_path: Path, tell: Tell) -> None:
    found = raced(tmp_path, rounds=8)
    tell(f"16 races: {found}")
    assert sum(found.values()) == 32
    assert found["turned away"] > 0, "none of them met the other"


@pytest.mark.soak
def test_of_two_engines_that_race_five_hundred_times_at_most_one_acts(tmp_path: Path, tell: Tell) -> None:
    found = raced(tmp_path, rounds=250)
    tell(f"500 races: {found}")
    assert sum(found.values()) == 1000


def both(here: Site, *words: str) -> list[subprocess.Popen[str]]:
    return [here.start("engine", *words) for _ in range(2)]


async def engines_race(here: Site, *, rounds: int) -> None:
    """Start two true engines at once, again and again; both name one run, and one process stays."""
    open_accounts(here.database, rows=10)
    for _ in range(rounds):
        racers = both(here, str(DESK))
        said = [await asyncio.to_thread(each.stdout.readline) for each in racers if each.stdout]
        assert {folder_in(line) for line in said} == {here.run().folder}, said
        holder = here.engine()
        assert holder in {each.pid for each in racers}
        loser = next(each for each in racers if each.pid != holder)
        assert await asyncio.to_thread(loser.wait) == 0
        live = await Live.attach(here.run().folder, account="root")
        assert isinstance(await live.submit(c.AddNote(text="seen")), Accepted)
        await live.close()
        os.kill(holder or 0, signal.SIGKILL)
        await here.engine_is_gone()
    assert len(here.all_runs()) == 1
    started = [event for event in here.events() if isinstance(event, e.EngineStarted)]
    assert [event.epoch for event in started] == list(range(1, rounds + 1))
    assert here.verdict().state != "broken"


async def test_true_engines_that_race_agree_on_one_run(here: Site) -> None:
    await engines_race(here, rounds=2)


@pytest.mark.soak
async def test_true_engines_that_race_dozens_of_times_agree_on_one_run(here: Site) -> None:
    await engines_race(here, rounds=36)


class Seat:
    """The driver's place at an engine of the desk runbook, up to the backfill."""

    def __init__(self, here: Site, live: Live) -> None:
        self.here, self.live = here, live

    @classmethod
    async def taken(cls, here: Site, *, signed: bool = True) -> "Seat":
        engine = here.start("engine", str(DESK))
        assert engine.stdout is not None
        said = await asyncio.to_thread(engine.stdout.readline)
        live = await Live.attach(folder_in(said), account="root")
        seat = cls(here, live)
        if signed:
            assert isinstance(await seat.ask(c.SignOff(step="approved", role="reviewer")), Accepted)
        return seat

    async def ask(self, command: c.AnyCommand) -> Answer:
        return await self.live.submit(command)

    def status(self) -> Status:
        assert self.live.state is not None
        return self.live.state.steps["triple"].status

    async def over(self) -> e.EngineStopped:
        """Wait for the engine to end and return its last record."""
        await until(lambda: not self.live.connected, what=lambda: f"the engine ends; {self.live.records[-1]}")
        await self.live.close()
        last = self.live.records[-1].event
        assert isinstance(last, e.EngineStopped), last
        return last


def taken_over(here: Site, folder: Path, *options: str) -> str:
    """Take the database from a journal that is kept in another folder; return what was said."""
    status, said = here.call("run", str(DESK), "--headless", "--journal", str(folder), *options)
    while "start once more" in said:  # it was begun within the same second, which makes its name
        status, said = here.call("run", str(DESK), "--headless", "--journal", str(folder), *options)
    assert "Traceback" not in said
    return f"{status} {said}"


async def test_an_engine_whose_database_was_taken_over_in_a_step_writes_no_more_and_says_so(here: Site) -> None:
    before = open_accounts(here.database, rows=2000)
    seat = await Seat.taken(here)
    assert isinstance(await seat.ask(c.StartStep(step="triple")), Accepted)
    await until(lambda: balances(here.database) != before, what=lambda: "the backfill is under way")
    other = here.folder / "other"
    assert "waits for the signature" in taken_over(here, other, "--take-over")
    left = balances(here.database)
    assert (await seat.over()).reason == "another engine holds the target"
    assert seat.status() is not Status.DONE
    error = seat.live.state.steps["triple"].error if seat.live.state else ""
    assert "has taken this database" in error
    assert balances(here.database) == left != tripled(before)
    for folder in (here.runs, other):
        assert verify(list_runs(folder)[0].run.journal).state != "broken"


async def test_a_stopped_engine_is_told_as_hanging_and_once_it_wakes_it_cannot_write(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_accounts(here.database, rows=20)
    seat = await Seat.taken(here)
    engine = here.engine() or 0
    monkeypatch.setattr(sessions, "PATIENCE", 0.3)
    os.kill(engine, signal.SIGSTOP)
    try:
        with pytest.raises(JournalError, match=f"it hangs, or its process was stopped .*process {engine} on"):
            await Live.attach(here.run().folder, account="root")
        said = await asyncio.to_thread(taken_over, here, here.folder / "other")
        assert said.startswith(f"{REFUSED} ")
        assert "holds this database" in said
        taken = await asyncio.to_thread(taken_over, here, here.folder / "other", "--take-over")
        assert "waits for the signature" in taken
    finally:
        os.kill(engine, signal.SIGCONT)
    assert isinstance(await seat.ask(c.StartStep(step="triple")), Accepted | Refused)
    assert (await seat.over()).reason == "another engine holds the target"
    assert balances(here.database) == before


async def copy_goes_on(here: Site) -> tuple[int, str]:
    """Copy the journal of a run under way, and go on with the copy until a person is needed."""
    copies = here.folder / "copies"
    shutil.copytree(here.runs, copies, ignore=shutil.ignore_patterns("*.sock"))
    return await asyncio.to_thread(here.call, "run", str(DESK), "--headless", "--journal", str(copies))


async def test_a_copy_of_a_journal_that_goes_on_shuts_the_original_out(here: Site) -> None:
    before = open_accounts(here.database, rows=20)
    seat = await Seat.taken(here, signed=False)
    status, said = await copy_goes_on(here)
    assert "waits for the signature" in said, (status, said)
    await seat.ask(c.SignOff(step="approved", role="reviewer"))
    assert isinstance(await seat.ask(c.StartStep(step="triple")), Accepted)
    assert (await seat.over()).reason == "another engine holds the target"
    assert balances(here.database) == before


async def test_what_the_copy_of_a_journal_did_the_original_does_not_do_again(here: Site) -> None:
    before = open_accounts(here.database, rows=20)
    seat = await Seat.taken(here)
    status, said = await copy_goes_on(here)
    assert (status, balances(here.database)) == (0, tripled(before)), said
    await seat.ask(c.StartStep(step="triple"))
    await until(lambda: seat.status() is not Status.RUNNING, what=lambda: "it is over")
    assert balances(here.database) == tripled(before)
    await seat.live.close()


async def test_a_step_that_only_a_person_can_settle_ends_in_5(here: Site) -> None:
    with sqlite3.connect(here.database) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    steps = """
      - {id: first, wait: 1s}
      - {id: full, sql: PRAGMA auto_vacuum = FULL, undo: PRAGMA auto_vacuum = NONE}
"""
    head = DESK.read_text(encoding="utf-8").split("phases:")[0]
    runbook = here.written("doubt.yaml", f"{head}phases:\n  - id: only\n    title: Only\n    steps:{steps}")
    words = ("run", str(runbook), "--headless")
    process = here.start(*words)
    await until(lambda: any(isinstance(each, e.StepStarted) for each in here.events()), what=lambda: "it waits")
    connection.execute("BEGIN IMMEDIATE")  # so that the statement cannot end before the process does
    await until(
        lambda: any(isinstance(each, e.StepStarted) and each.step == "full" for each in here.events()),
        what=lambda: "the statement was sent",
    )
    process.kill()
    process.wait()
    connection.close()
    for _ in range(2):
        status, said = await asyncio.to_thread(here.call, *words)
        assert status == IN_DOUBT, said
        assert "full is in doubt and needs a person" in said
    assert here.call("status")[0] == IN_DOUBT
    assert here.state().in_doubt() == ("full",)
