"""How the screen begins and ends, whatever happens to the terminal, the engine or the program itself."""

import os
import signal

import pytest
from rich.color import Color
from textual.worker import WorkerFailed

from console.core import commands as c
from console.core.commands import Answer
from console.core.errors import GateError
from console.tui.app import ConsoleApp
from tests.tui import story
from tests.tui.driver import console, opened
from tests.tui.scripted import ScriptedSession


async def test_a_run_that_cannot_be_opened_is_told_with_the_way_out() -> None:
    async def refused() -> ScriptedSession:
        raise GateError("another engine holds app.db", remedy="attach to it, or take over")

    async with opened(ConsoleApp(refused)) as person:
        await person.sees("✖ another engine holds app.db", "→ attach to it, or take over", "q leaves")
        await person.press("q")
        await person.until(lambda: not person.app.is_running, "the end")
        assert person.app.return_code == GateError.exit_status


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_terminal_that_goes_ends_the_screen_in_good_order(number: signal.Signals) -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        os.kill(os.getpid(), number)
        await person.until(lambda: not person.app.is_running, "the end")
        assert person.app.return_code == 128 + number
        assert not session.submitted


async def test_a_defect_ends_the_screen_and_prints_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    async def broken() -> ScriptedSession:
        secret = "password-in-a-local"  # noqa: F841, S105
        raise ZeroDivisionError

    with pytest.raises(WorkerFailed):
        async with opened(ConsoleApp(broken)) as person:
            await person.until(lambda: not person.app.is_running, "the end")
    assert "password-in-a-local" not in "".join(capsys.readouterr())


async def test_an_engine_that_hangs_up_during_an_answer_is_a_refusal() -> None:
    session = story.preflight(story.begun())

    async def hang_up(command: c.AnyCommand) -> Answer:
        raise ConnectionResetError(f"gone before {type(command).__name__}")

    session.submit = hang_up  # type: ignore[method-assign]  # a session that fails
    async with console(session) as person:
        await person.press("p")
        await person.sees("the engine hung up: gone before Pause → r starts it again")


async def test_without_colours_the_cursor_is_seen_and_the_bar_still_means_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(story.filling(story.preflight(story.begun()))) as person:
        await person.sees("► Fill users.org_id", "63 %")
        await person.until(lambda: person.app.screen.query_one("#steps").has_focus, "the cursor")
        drawn = [segment for strip in person.strips() for segment in strip if segment.style]
        assert {segment.style.color for segment in drawn if segment.style} <= {None, Color.default()}
        title = next(each for each in drawn if each.text.startswith("Fill users.org_id  "))
        bar = next(each for each in drawn if each.text.startswith("████"))
        assert title.style
        assert bar.style
        assert (title.style.reverse, bool(bar.style.reverse)) == (True, False)
