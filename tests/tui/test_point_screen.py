"""Nothing passes a point of no return but the fact, typed by hand, after every gate answered just now."""

import pytest
from textual.events import Key, Paste

from console.core import commands as c
from console.tui.screens.point import PointScreen
from console.tui.widgets.typed_input import TypedInput
from tests.tui import story
from tests.tui.driver import Person, console
from tests.tui.scripted import ScriptedSession


def before_the_point() -> ScriptedSession:
    return story.enforced(story.filling(story.preflight(story.begun())))


async def opened(person: Person) -> None:
    await person.press_when_armed("enter")
    await person.until(lambda: isinstance(person.app.screen, PointScreen), "the dialog")
    await person.until(lambda: person.app.focused is not None, "its input is awake")


async def test_the_dialog_says_what_is_lost_what_holds_and_what_is_typed() -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        await person.sees("users.account_id and its data are gone", "restore the backup of the step “snapshot”")
        await person.sees("✔ As many users as before holds: 200000")
        await person.sees("Type the value of 'Rows of users'", "Rows of users 200000", "● open")


async def test_the_typed_fact_passes_it() -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        await person.type("200000")
        await person.press("enter")
        await person.until(lambda: "contract" in session.run.passed, "it is passed")
        await person.sees("impossible since 01:15")


@pytest.mark.parametrize("answer", ["", "20000", "yes", "199999", " 200000"])
async def test_nothing_else_passes_it(answer: str) -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        await person.type(answer)
        await person.press("enter")
        await person.sees("⊘")
        assert not session.run.passed
        assert isinstance(person.app.screen, PointScreen)


def type_ahead(person: Person, *keys: str) -> None:
    """Put keys into the queue at once, whatever is on the screen by the time they are read."""
    for key in keys:
        person.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_keys_that_came_before_the_dialog_could_be_read_answer_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.screens.point.SLOW", 3600.0)  # however slow the machine, they come too early
    session = before_the_point()
    async with console(session) as person:
        await person.press_when_armed("enter")
        await person.until(lambda: isinstance(person.app.screen, PointScreen), "the dialog")
        type_ahead(person, *"200000", "enter", "enter")
        await person.sees("that came before the dialog could be read")
        assert person.app.screen.query_one("#fact", TypedInput).value == ""
        assert not session.run.passed


async def test_keys_that_were_typed_ahead_of_the_dialog_answer_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.screens.point.SLOW", 3600.0)
    session = before_the_point()
    async with console(session) as person:
        await person.until(lambda: person.app.screen._arming.armed, "enter counts")  # type: ignore[attr-defined]  # a run's
        type_ahead(person, "enter", *"200000", "enter", "enter")  # the run screen or the dialog may read the last ones
        await person.until(lambda: isinstance(person.app.screen, PointScreen), "the dialog")
        await person.pilot.pause()
        assert person.app.screen.query_one("#fact", TypedInput).value == ""
        assert not session.run.passed


async def test_pasting_is_refused_and_said_to_be() -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        person.app.post_message(Paste("200000"))
        await person.sees("pasting is refused here")
        await person.press("ctrl+v")
        assert person.app.screen.query_one("#fact", TypedInput).value == ""
        assert not session.run.passed


@pytest.mark.parametrize("key", ["escape", "f10", "ctrl+q"])
async def test_leaving_closes_it_in_the_engine_too(key: str) -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        await person.press(key)
        await person.until(lambda: session.run.approach is None, "the engine knows")
        await person.until(lambda: not isinstance(person.app.screen, PointScreen), "it is closed")
        assert isinstance(session.submitted[-1], c.LeavePointOfNoReturn)


async def test_a_gate_that_does_not_hold_any_more_keeps_it_shut() -> None:
    session = before_the_point()
    session.failing_gates = {"rows_unchanged"}
    async with console(session) as person:
        await opened(person)
        await person.sees("✖ As many users as before does not hold: 199998", "⊘ closed")
        await person.type("200000")
        await person.press("enter")
        await person.sees("leave, mend it, come back")
        assert not session.run.passed


async def test_an_answer_that_grew_old_keeps_it_shut() -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        session.later(seconds=61)
        await person.sees("too old", "⊘ closed")
        await person.type("200000")
        await person.press("enter")
        await person.sees("⊘ 'As many users as before' was not asked within the last 60 s")
        assert not session.run.passed


async def test_it_closes_when_the_engine_closed_it() -> None:
    session = before_the_point()
    async with console(session) as person:
        await opened(person)
        session.do(c.TakeOver(reason="handing over"), by="dba1")
        await person.until(lambda: not isinstance(person.app.screen, PointScreen), "it is closed")


async def test_while_its_gates_do_not_hold_it_does_not_open_and_says_why() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        await person.press("shift+tab", "end", "up", "tab", "home")
        await person.press_when_armed("enter")
        await person.sees("⊘ phase Expand is not complete (2 of 2 steps to go) → complete Expand first")
        assert not session.submitted


async def test_the_palette_stays_shut_over_it() -> None:
    async with console(before_the_point()) as person:
        await opened(person)
        await person.press("ctrl+p")
        await person.sees("this dialog is open")


async def test_everything_that_is_asked_is_on_a_small_screen() -> None:
    async with console(before_the_point(), size=(80, 23)) as person:
        await opened(person)
        await person.sees("Cannot be taken back", "● open", "Type the value of 'Rows of users'", "f10 leave")
