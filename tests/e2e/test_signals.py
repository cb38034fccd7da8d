"""What ends a screen or an engine besides a key: signals, a closed session, a crash between the last two records."""

import os
import signal
from pathlib import Path

import pytest

from console.core import events as e
from console.core.state import Status
from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.operator import Operator
from tests.e2e.site import Site
from tests.e2e.terminal import LARGE, Terminal, program, terminal, until

pytestmark = pytest.mark.e2e

DESK = Path(__file__).parent / "runbooks" / "desk.yaml"


@pytest.fixture
def before(here: Site) -> dict[int, int]:
    """The balances before anything was done."""
    return open_accounts(here.database, rows=1500)


def attach(here: Site, screen: Terminal) -> Operator:
    """Open the console in a terminal."""
    screen.start(program("run", str(DESK)), folder=here.folder, environment=here.environment)
    return Operator(here, screen)


async def at_work(here: Site, screen: Terminal) -> Operator:
    """Bring the backfill under way."""
    operator = attach(here, screen)
    await screen.wait_for("Approved")
    await operator.to("triple")
    await operator.run("triple", wait=False)
    await screen.wait_for("running “Triple the balances”")
    return operator


def happened(here: Site, kind: type[e.AnyEvent]) -> int:
    """Count the events of a kind."""
    return sum(isinstance(event, kind) for event in here.events())


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name)
async def test_a_screen_that_is_ended_leaves_the_step_to_the_engine(
    here: Site, before: dict[int, int], number: signal.Signals
) -> None:
    async with terminal(size=LARGE) as screen:
        await at_work(here, screen)
        engine = here.engine()
        screen.kill(number)
        assert await screen.wait_end() == 128 + number
        assert here.engine() == engine
        operator = attach(here, screen)
        await screen.wait_for("Triple the balances")
        await operator.to("enough")
        assert (happened(here, e.EngineStarted), happened(here, e.StepLost)) == (1, 0)
        assert balances(here.database) == tripled(before)


async def test_a_session_that_is_closed_leaves_the_step_to_the_engine(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as screen:
        await at_work(here, screen)
        engine, process = here.engine(), Path(f"/proc/{screen.pid}")
        screen.kill_session()
        await until(lambda: not process.exists(), what=lambda: "the screen has ended with its terminal")
    assert here.engine() == engine
    async with terminal(size=LARGE) as screen:
        operator = attach(here, screen)
        await screen.wait_for("Triple the balances")
        await operator.to("enough")
        assert happened(here, e.EngineStarted) == 1
        assert balances(here.database) == tripled(before)


async def test_an_engine_asked_to_end_holds_at_a_boundary_and_is_started_again_by_a_key(
    here: Site, before: dict[int, int]
) -> None:
    async with terminal(size=LARGE) as screen:
        operator = await at_work(here, screen)
        os.kill(await here.engine_is_up(), signal.SIGTERM)
        await here.engine_is_gone()
        assert operator.state.steps["triple"].status is Status.INTERRUPTED
        await screen.wait_for("no engine answers", "starts it again")
        screen.keys("r")
        await here.engine_is_up()
        await operator.to("enough")
        assert balances(here.database) == tripled(before)


async def test_an_engine_that_is_hung_up_on_goes_on(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as screen:
        operator = await at_work(here, screen)
        engine = await here.engine_is_up()
        os.kill(engine, signal.SIGHUP)
        await operator.to("enough")
        assert here.engine() == engine
        assert balances(here.database) == tripled(before)


async def test_a_killed_engine_is_started_again_by_a_key_and_its_doubt_is_settled(
    here: Site, before: dict[int, int]
) -> None:
    async with terminal(size=LARGE) as screen:
        operator = await at_work(here, screen)
        os.kill(await here.engine_is_up(), signal.SIGKILL)
        await screen.wait_for("no engine answers", "starts it again")
        screen.keys("r")
        await here.engine_is_up()
        await until(lambda: happened(here, e.StepSettled) == 1, what=lambda: "the doubt is settled")
        await operator.to("enough")
        assert balances(here.database) == tripled(before)


async def test_a_crash_before_the_seal_is_mended_when_the_run_is_opened_again(
    here: Site, before: dict[int, int]
) -> None:
    """The last record of a run that was finished is taken away, as if the power had gone before it was written."""
    answers = here.written("answers.yaml", "steps: {approved: {sign_off: [{role: reviewer}]}}")
    status, said = here.call("run", str(DESK), "--headless", "--answers", str(answers))
    assert status == 0, said
    journal = here.run().journal
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    assert here.verdict().state == "unsealed"
    async with terminal(size=LARGE) as screen:
        attach(here, screen)
        await screen.wait_for("The run was finished by")
        await until(lambda: here.verdict().state == "sealed", what=lambda: "it is sealed")
        screen.keys("q")
        assert await screen.wait_end() == 0
    assert len(here.all_runs()) == 1
    assert balances(here.database) == tripled(before)
