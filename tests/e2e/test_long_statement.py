"""A kill -9 in the middle of one long statement, and going on at once: it is never done twice."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from console.core import events as e
from console.core.state import Status
from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.site import Site, Tell
from tests.e2e.terminal import GLANCE, LARGE, program, terminal, until

pytestmark = pytest.mark.e2e

RUNBOOK = Path(__file__).parent / "runbooks" / "long-statement.yaml"
ROUNDS_OF_4M = "4000000"
"""Of the recursion in the runbook: some seconds."""


def lasting(here: Site, *, rounds: str) -> str:
    """Write the runbook with a statement that takes so many rounds; return its path."""
    text = RUNBOOK.read_text(encoding="utf-8").replace(ROUNDS_OF_4M, rounds)
    return str(here.written("long-statement.yaml", text))


def count(here: Site, kind: type[e.AnyEvent]) -> int:
    return sum(isinstance(event, kind) for event in here.events())


async def killed_in_the_statement(here: Site, *words: str) -> None:
    """Start the program, and kill it when the statement has been at work for a while."""
    process = here.start(*words)
    await until(lambda: count(here, e.StepStarted) == 1, what=lambda: "the statement was sent")
    await asyncio.sleep(20 * GLANCE)
    assert count(here, e.StepSucceeded) == 0, "the statement is too short for this test"
    process.kill()
    process.wait()


async def killed_and_gone_on_at_once(here: Site, *, rounds: str) -> float:
    """Kill the engine in its statement and start it again in the same moment; return how long a statement takes."""
    before = open_accounts(here.database, rows=300)
    words = ("run", lasting(here, rounds=rounds), "--headless")
    await killed_in_the_statement(here, *words)
    assert balances(here.database) == before, "half of a statement was seen"
    began = time.monotonic()
    status, said = await asyncio.to_thread(here.call, *words)
    took = time.monotonic() - began
    assert status == 0, said
    assert balances(here.database) == tripled(before)
    settled = [event for event in here.events() if isinstance(event, e.StepSettled)]
    assert [event.happened for event in settled] == ["no"]
    assert (count(here, e.StepStarted), count(here, e.StepSucceeded)) == (2, 1)
    assert here.verdict().state == "sealed"
    return took


async def test_an_engine_killed_in_a_long_statement_goes_on_at_once_and_does_it_once(here: Site) -> None:
    await killed_and_gone_on_at_once(here, rounds=ROUNDS_OF_4M)


@pytest.mark.soak
async def test_an_engine_killed_in_a_statement_of_twenty_seconds_does_it_once(here: Site, tell: Tell) -> None:
    took = await killed_and_gone_on_at_once(here, rounds="60000000")
    tell(f"an UPDATE killed in its middle and gone on with: {took:.0f} s for the second attempt, done once")
    assert took > 15, "the statement is shorter than it says"


async def test_a_screen_killed_in_a_long_statement_finds_it_again_in_the_engine(here: Site) -> None:
    before = open_accounts(here.database, rows=300)
    runbook = lasting(here, rounds=ROUNDS_OF_4M)
    async with terminal(size=LARGE) as screen:
        screen.start(program("run", runbook), folder=here.folder, environment=here.environment)
        await screen.wait_for("Triple the balances")
        await screen.press_until("Enter", lambda: count(here, e.StepStarted) == 1, "the statement was sent")
        engine = await here.engine_is_up()
        screen.kill(signal.SIGKILL)
        await screen.wait_end()
        screen.start(program("run", runbook), folder=here.folder, environment=here.environment)
        await until(lambda: here.state().steps["triple"].status is Status.DONE, what=lambda: screen.text)
        assert here.engine() == engine
    assert (count(here, e.StepStarted), count(here, e.StepSucceeded), count(here, e.StepLost)) == (1, 1, 0)
    assert balances(here.database) == tripled(before)


async def test_an_engine_killed_under_the_screen_is_started_again_at_once(here: Site) -> None:
    before = open_accounts(here.database, rows=300)
    async with terminal(size=LARGE) as screen:
        screen.start(
            program("run", lasting(here, rounds=ROUNDS_OF_4M)), folder=here.folder, environment=here.environment
        )
        await screen.wait_for("Triple the balances")
        await screen.press_until("Enter", lambda: count(here, e.StepStarted) == 1, "the statement was sent")
        os.kill(await here.engine_is_up(), signal.SIGKILL)
        await screen.wait_for("no engine answers", "starts it again")
        await screen.press_until("r", lambda: count(here, e.StepSettled) == 1, "the doubt is settled")
        assert balances(here.database) == before
        await screen.press_until("Enter", lambda: count(here, e.StepStarted) == 2, "it was sent again")
        await until(lambda: here.state().steps["triple"].status is Status.DONE, what=lambda: screen.text)
    assert count(here, e.StepSucceeded) == 1
    assert balances(here.database) == tripled(before)
