"""A journal is walked through, and shows the run as it was at each record."""

from console.core import events as e
from console.sessions import Replay
from tests.tui import story
from tests.tui.driver import Person, console


def film() -> Replay:
    session = story.preflight(story.begun())
    session.outcomes["add_column"] = (e.StepFailed(step="add_column", error="database is locked"),)
    session.do(story.start("add_column"))
    session.outcomes["add_column"] = (e.StepSucceeded(step="add_column"),)
    session.do(story.start("add_column"))
    return Replay(session.records, account="op1")


def place(person: Person) -> int:
    assert person.app.link
    return person.app.link.session.position  # type: ignore[attr-defined,no-any-return]


async def test_it_begins_at_the_first_record_and_steps_forward_and_back() -> None:
    async with console(film()) as person:
        await person.sees("record 1 of", "started the run in staging on app")
        await person.press("right", "right", "right")
        await person.sees("record 4 of", "✔ The backup was restored")
        await person.press("left")
        await person.sees("record 3 of", "● The backup was restored")


async def test_it_jumps_to_the_ends_to_a_number_and_to_a_time() -> None:
    async with console(film()) as person:
        await person.press("end")
        await person.sees("✔ Add users.org_id")
        await person.press("home")
        assert place(person) == 1
        await person.press("g", *"4", "enter")
        await person.sees("record 4 of")
        await person.press("g", *"01:01:22", "enter")
        await person.sees("lead1 signed Go for the change as tech-lead")
        await person.press("g", *"soon", "enter")
        await person.sees("'soon' is no number and no time")


async def test_it_finds_failures_signatures_and_words() -> None:
    async with console(film()) as person:
        await person.press("F")
        await person.sees("✖ Add users.org_id", "failed: database is locked")
        await person.press("F")
        await person.sees("no failure or doubt comes after this")
        await person.press("home", "S")
        await person.sees("lead1 signed Go for the change")
        await person.press("slash", *"database is locked", "enter")
        await person.sees("✖ Add users.org_id")


async def test_the_step_of_the_record_is_the_one_that_is_shown() -> None:
    async with console(film()) as person:
        await person.press("end", "3")
        await person.sees("Expand", "took")


async def test_it_plays_and_holds() -> None:
    async with console(film()) as person:
        await person.press("space")
        await person.until(lambda: place(person) >= 3, "it moves on by itself")
        await person.press("space")
        held = place(person)
        await person.sees(f"replay █ record {held}".split(" █")[0])


async def test_it_is_left_without_a_question() -> None:
    async with console(film()) as person:
        await person.press("q")
        await person.until(lambda: not person.app.is_running, "the end")


async def test_it_fits_a_small_terminal() -> None:
    async with console(film(), size=(80, 23)) as person:
        await person.press("end")
        await person.sees("record", "✔ Add users.org_id", "q leave")
