"""Several people at one run: one drives, others attach, watch, sign, note and pause."""

import getpass
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.balances import balances, open_accounts, tripled
from tests.e2e.site import Site
from tests.e2e.terminal import LARGE, Terminal, program, terminal, until

pytestmark = pytest.mark.e2e

DESK = Path(__file__).parent / "runbooks" / "desk.yaml"
RUN = ("run", str(DESK))


@pytest.fixture
def before(here: Site) -> dict[int, int]:
    """The balances before anything was done."""
    return open_accounts(here.database, rows=1000)


def open_in(screen: Terminal, here: Site, *words: str) -> None:
    """Start the program in a terminal."""
    screen.start(program(*words), folder=here.folder, environment=here.environment)


async def approved(here: Site, screen: Terminal) -> None:
    """Sign the checkpoint from the shell, and see it on the screen."""
    await screen.wait_for("Approved")
    status, said = here.call("sign", "--note", "looks right")
    assert status == 0, said
    await screen.wait_for("Triple the balances — enter runs it")


async def test_a_second_run_attaches_to_the_engine_of_the_first(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as first, terminal(size=LARGE) as second:
        open_in(first, here, *RUN)
        await approved(here, first)
        engine = here.engine()
        open_in(second, here, *RUN)
        await second.wait_for("Triple the balances — enter runs it")
        await first.press("Enter", "running “Triple the balances”")
        await second.wait_for("running “Triple the balances”")
        assert here.engine() == engine
        assert len(here.all_runs()) == 1
        await second.wait_for("Enough rows — enter runs it")
        assert balances(here.database) == tripled(before)


async def test_a_run_kept_elsewhere_is_refused_with_who_where_and_the_way_out(
    here: Site, before: dict[int, int]
) -> None:
    async with terminal(size=LARGE) as first, terminal(size=LARGE) as second:
        open_in(first, here, *RUN)
        await first.wait_for("Approved")
        # A run is named by the second in which it began, and these two are to have different names.
        await until(lambda: f"{datetime.now(tz=UTC):%H%M%S}" not in here.run().id, what=lambda: "a second has passed")
        open_in(second, here, *RUN, "--journal", str(here.folder / "elsewhere"))
        screen = " ".join((await second.wait_for("holds this database", "q leaves")).split())
        for fact in (here.run().id, getpass.getuser(), socket.gethostname(), str(here.engine()), "take over"):
            assert fact in screen
        second.keys("q")
        assert await second.wait_end() == 3
        assert list((here.folder / "elsewhere").iterdir()) == []
        assert balances(here.database) == before


async def test_who_watches_sees_everything_and_drives_nothing(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as driver, terminal(size=LARGE) as watcher:
        open_in(driver, here, *RUN)
        await approved(here, driver)
        open_in(watcher, here, "watch")
        await watcher.wait_for("Triple the balances — waits for", "watching")
        await watcher.press("Enter", "this screen only watches")
        assert balances(here.database) == before
        await driver.press("Enter", "running “Triple the balances”")
        await watcher.wait_for("running “Triple the balances”")
        watcher.keys("q")
        assert await watcher.wait_end() == 0
        await driver.wait_for("Enough rows — enter runs it")


async def test_what_is_asked_from_the_shell_shows_on_the_screen(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as screen:
        open_in(screen, here, *RUN)
        await approved(here, screen)
        await screen.press("Enter", "running “Triple the balances”")
        assert here.call("pause", "--reason", "the pager rings")[0] == 0
        await screen.wait_for("the pager rings")
        assert here.call("note", "--text", "it was the coffee machine")[0] == 0
        await screen.wait_for("it was the coffee machine")
        held = balances(here.database)
        assert held not in (before, tripled(before))
        assert here.call("unpause")[0] == 0
        await screen.wait_for("Enough rows — enter runs it")
        assert balances(here.database) == tripled(before)


async def test_the_shell_says_so_when_no_engine_answers(here: Site, before: dict[int, int]) -> None:
    async with terminal(size=LARGE) as screen:
        open_in(screen, here, *RUN)
        await approved(here, screen)
        engine = await here.engine_is_up()
        os.kill(engine, 9)
        await until(lambda: here.engine() is None, what=lambda: "the engine is gone")
        status, said = here.call("note", "--text", "is anybody there")
        assert status != 0
        assert "runbook run" in said
        await screen.wait_for("engine")
        assert balances(here.database) == before
