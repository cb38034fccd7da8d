"""The demo, driven by keys to its end in a real terminal."""

import json
from pathlib import Path

import pytest

from console.core import events as e
from console.core.state import Status
from console.databases import demo
from tests.e2e.operator import Operator
from tests.e2e.site import Site
from tests.e2e.terminal import LARGE, SMALL, Size, Terminal, program, terminal, until

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


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_the_demo_by_keys_to_its_end(here: Site, size: Size) -> None:
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
    screen.keys("Down")
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
    burst = ["Enter", *str(USERS), "Enter", "Enter"]
    screen.keys(*burst)
    await screen.wait_for("open  every gate holds")
    await screen.press("Enter", "enter alone passes nothing")
    await operator.type("20001")
    screen.keys("Enter")
    await screen.wait_for("what was typed is not the fact")
    assert operator.state.passed == {}
    screen.keys("F10")
    await screen.wait_gone("no undo afterwards")
    await until(lambda: operator.state.approach is None, what=lambda: "the engine knows that the dialog is closed")
    assert not [event for event in operator.here.events() if isinstance(event, e.PointOfNoReturnPassed)]


async def finished(operator: Operator) -> None:
    """Look at the summary and close the run."""
    screen = operator.screen
    await screen.press("f", "Summary")
    await screen.press("f", "The journal is sealed; nothing can be added")
    await operator.enter_until(lambda: operator.state.sealed)
    screen.keys("q")
    await screen.wait_for("The run was finished by")
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
