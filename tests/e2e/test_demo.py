"""The demo, driven by keys to its end in a real terminal."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from console.core import events as e
from console.core.state import Status
from console.databases import demo
from tests.e2e.operator import DIALOG, Operator
from tests.e2e.site import Site
from tests.e2e.terminal import LARGE, READING, SMALL, Size, Terminal, program, terminal, until
from tests.engine.rig import content

pytestmark = pytest.mark.e2e

DEMO = Path(__file__).parents[2] / "runbooks" / "demo-users-org-id.yaml"
USERS = 20_000


@pytest.fixture(autouse=True)
def database(here: Site) -> None:
    """The demo's database, a tenth of its size."""
    demo.build(here.database, accounts=USERS // 10, users=USERS)


async def opened(here: Site, screen: Terminal, **environment: str) -> Operator:
    """Open the console on the demo."""
    screen.start(program("run", str(DEMO)), folder=here.folder, environment={**here.environment, **environment})
    await screen.wait_for("Pre-flight", "enter confirms it")
    return Operator(here, screen)


def done(here: Site, step: str) -> int:
    """Count how often a step succeeded."""
    return sum(isinstance(event, e.StepSucceeded) and event.step == step for event in here.events())


@pytest.mark.parametrize(
    "size",
    [pytest.param(SMALL, id="80x24", marks=pytest.mark.soak), pytest.param(LARGE, id="120x36")],
)
async def test_the_demo_by_keys_to_its_end(here: Site, size: Size) -> None:
    """In few colours it is driven to its end at 80x24."""
    async with terminal(size=size) as screen:
        operator = await opened(here, screen)
        await a_locked_step_says_why(operator)
        await operator.to("fill")
        await resized_while_it_fills(operator, size)
        await operator.to("contract")
        await nothing_but_the_fact_passes(operator)
        await operator.to_the_end()
        await finished(operator)
        await looked_back_on(here, screen)


async def a_locked_step_says_why(operator: Operator) -> None:
    """Select a step that is not open and press enter."""
    screen = operator.screen
    screen.keys("Down", "Enter", "Up", "Down", "c")  # at once: the keys are for what is shown, not for what was
    await screen.wait_for("⊘ waits for 'Announce the start of the window in the channel.' → do that")
    screen.keys("Enter", "c")
    screen.keys("x")
    await screen.wait_for("it is not under way → there is nothing to cancel")
    assert operator.state.steps["snapshot"].status is Status.PENDING
    screen.keys(".")
    await screen.wait_gone("→ do that", "nothing to cancel")


async def resized_while_it_fills(operator: Operator, size: Size) -> None:
    """Change the window's size, leave it and come back while the backfill runs."""
    screen = operator.screen
    await operator.run("fill", wait=False)
    await screen.wait_for("running “Fill users.org_id”")
    screen.resize((100, 30))
    await screen.wait_for("Fill users.org_id", "%")
    with screen.attached(size=(132, 40)):
        await until(lambda: screen.size == (132, 40), what=lambda: "the client's size")
        screen.detach()
        await until(lambda: not screen.clients, what=lambda: "nobody is attached")
    with screen.attached(size=size):
        await until(lambda: screen.size == size, what=lambda: "the size that it had")
    await operator.next()
    assert done(operator.here, "fill") == 1
    await screen.wait_for("No row is left unfilled — enter runs it")


async def nothing_but_the_fact_passes(operator: Operator) -> None:
    """Try everything that a hurried hand does at a point of no return."""
    screen = operator.screen
    screen.keys(".")
    await screen.wait_for("enter opens its dialog")
    await asyncio.sleep(READING)
    burst = ["Enter", *str(USERS), "Enter", "Enter"]
    screen.keys(*burst)
    await screen.wait_for("open  every gate holds")
    await screen.press("Enter", "nothing was typed")
    await operator.type("20001")
    screen.keys("Enter")
    await screen.wait_for("what was typed is not the fact")
    assert operator.state.passed == {}
    screen.keys("F10")
    await screen.wait_gone(DIALOG)
    await until(lambda: operator.state.approach is None, what=lambda: "the engine knows that the dialog is closed")
    assert not [event for event in operator.here.events() if isinstance(event, e.PointOfNoReturnPassed)]


async def finished(operator: Operator) -> None:
    """Look at the summary and close the run."""
    screen = operator.screen
    await screen.press("f", "Summary")
    await screen.press("f", DIALOG, "Finish the run")
    await operator.enter_until(lambda: operator.state.sealed)
    screen.keys("q")
    await screen.wait_for("The run was finished by")
    screen.keys("r")
    await screen.wait_for("the run has ended")
    assert len(operator.here.all_runs()) == 1
    screen.keys("q")
    assert await screen.wait_end() == 0


async def looked_back_on(here: Site, screen: Terminal) -> None:
    """Read the report, verify the journal and replay it."""
    status, said = here.call("verify", here.run().id)
    assert (status, "sealed" in said) == (0, True)
    assert here.call("report", here.run().id, "--format", "md")[0] == 0
    status, said = here.call("report", here.run().id, "--format", "json")
    assert status == 0
    assert json.loads(said)
    await replayed(here, screen)
    await here.engine_is_gone()


async def replayed(here: Site, screen: Terminal) -> None:
    """Go forward and back in the journal, and jump."""
    records = len(here.records())
    screen.start(program("replay", here.run().id), folder=here.folder, environment=here.environment)
    await screen.wait_for(f"record 1 of {records}")
    screen.keys("Right", "Right")
    await screen.wait_for(f"record 3 of {records}")
    screen.keys("Left")
    await screen.wait_for(f"record 2 of {records}")
    screen.keys("End")
    await screen.wait_for(f"record {records} of {records}")
    screen.keys("Home")
    await screen.wait_for(f"record 1 of {records}")
    screen.keys("q")
    assert await screen.wait_end() == 0


async def test_a_phase_is_taken_back_by_keys_and_gone_through_again(here: Site) -> None:
    async with terminal(size=LARGE) as screen:
        operator = await opened(here, screen)
        await operator.to("add_column")
        before = content(here.database)
        await operator.to("dual_write")
        assert content(here.database) != before
        await undone(operator, "expand")
        assert content(here.database) == before
        await operator.to("dual_write")
        assert done(here, "add_column") == 3  # done, taken back, done again


async def undone(operator: Operator, phase: str) -> None:
    """Undo the latest phase: its id is typed."""
    screen = operator.screen
    await screen.press("u", DIALOG, "Undo Expand")
    await operator.type("anything else")
    await screen.press("Enter", "what was typed is not the phase")
    assert operator.state.undo is None
    screen.keys("C-u")
    await screen.wait_gone("anything else")
    await operator.type(phase)
    await operator.enter_until(lambda: phase in operator.state.verified)
    assert all(passed for *_, passed in operator.state.verified[phase].checks)
    await screen.wait_gone(DIALOG)
    screen.keys(".")


async def test_leaving_the_engine_at_it_and_attaching_again(here: Site) -> None:
    async with terminal(size=SMALL) as screen:
        operator = await opened(here, screen)
        await operator.to("fill")
        await operator.run("fill", wait=False)
        engine = here.engine()
        await screen.press("q", "leave the engine at it")
        await screen.press_until("l", lambda: screen.ended is not None, "the screen is left")
        assert (screen.ended, here.engine()) == (0, engine)
        screen.start(program("run", str(DEMO)), folder=here.folder, environment=here.environment)
        await screen.wait_for("No row is left unfilled — enter runs it")
        assert done(here, "fill") == 1


async def test_stopping_at_the_next_boundary_and_going_on_from_there(here: Site) -> None:
    async with terminal(size=SMALL) as screen:
        operator = await opened(here, screen)
        await operator.to("fill")
        await operator.run("fill", wait=False)
        await screen.press("q", "stop at the next boundary")
        await screen.press_until("s", lambda: screen.ended is not None, "the screen is left")
        assert screen.ended == 0
        screen.start(program("run", str(DEMO)), folder=here.folder, environment=here.environment)
        await operator.to("none_left")
        assert operator.state.steps["fill"].status is Status.DONE
        filled = [event for event in here.events() if isinstance(event, e.StepInterrupted)]
        assert [event.step for event in filled] == ["fill"]


@pytest.mark.parametrize(("term", "environment"), [("screen", {"COLORTERM": ""}), ("tmux-256color", {"NO_COLOR": "1"})])
async def test_a_terminal_with_few_colours_or_none_is_driven_the_same(
    here: Site, term: str, environment: dict[str, str]
) -> None:
    async with terminal(size=SMALL, term=term) as screen:
        operator = await opened(here, screen, **environment)
        await operator.to("go")
        await operator.go_on()
        await screen.wait_for("✔ Pre-flight", "► Expand", "⊘")
        beyond = r"\x1b\[[0-9;]*[34]8;[25]" if term == "screen" else r"\x1b\[[0-9;]*(3[1-7]|4[1-7]|[34]8;[25])"
        assert not re.findall(beyond, screen.painted)
        await operator.to_the_end()
        await finished(operator)
        assert not re.findall(beyond, screen.painted)
