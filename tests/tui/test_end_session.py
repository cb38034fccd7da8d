"""A session in the way is ended on purpose only: chosen, said what it costs, its process typed by hand."""

import asyncio

import pytest
from msgspec.structs import replace
from textual.events import Key, Paste

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.commands import Answer, AnyCommand, Refused
from console.core.state import Status
from console.sessions import Authority, Replay
from console.tui.screens.end_session import EndSessionScreen
from console.tui.widgets.typed_input import TypedInput
from tests.tui import story
from tests.tui.driver import Person, console, run_screen
from tests.tui.scripted import ScriptedSession
from tests.tui.test_hostile_text import PAYLOADS, assert_harmless
from tests.views.blocked import ALICE, FOREIGN, INDEX, OURS, awaited, crowd, session

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)])


def waiting(**more: object) -> ScriptedSession:
    return story.waiting(story.preflight(story.begun(**more)))


async def opened(person: Person) -> EndSessionScreen:
    """Open the dialog and wait until it takes keys."""
    await person.press_when_armed("e")
    await person.until(lambda: isinstance(person.app.screen, EndSessionScreen), "the dialog")
    screen = person.app.screen
    assert isinstance(screen, EndSessionScreen)
    screen._arming._seconds = 0.0
    screen._wake()
    return screen


async def filled(person: Person, pid: str, *, terminate: bool = False, reason: str = "agreed with alice") -> None:
    """Go through the dialog to its end."""
    await person.press("enter", *(("down",) if terminate else ()), "enter")
    await person.type(reason)
    await person.press("enter")
    await person.type(pid)
    await person.press("enter")


@SIZES
async def test_a_step_that_waits_says_for_whom_without_being_asked(size: tuple[int, int]) -> None:
    async with console(waiting(), size=size) as person:
        await person.sees("◌ Add users.org_id", "waits for a lock", "4711 psql (alice)", "idle in transaction 12 s")
        await person.sees("e end session")
        await person.press("5")
        await person.sees("try 4, 12 s, 3 sessions wait behind", "SELECT * FROM users WHERE id = $1 FOR UPDATE")


async def test_what_gave_way_counts_down_to_its_next_try() -> None:
    running = story.waiting(story.preflight(story.begun()), again_in=4.5)
    async with console(running) as person:
        await person.sees("try 4, 12 s, next in 4.5 s, 3 sessions waited behind")
        running.later(seconds=2)
        await person.sees("next in 2.5 s")


async def test_the_session_is_ended_by_the_typed_process_with_the_reason() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await person.sees("(●) 4711 psql (alice)", "(●) cancel the statement that it runs", "Type 4711")
        await filled(person, "4711", terminate=True)
        await person.until(lambda: running.run.steps["add_column"].status is Status.DONE, "the step went on")
        await person.until(lambda: not isinstance(person.app.screen, EndSessionScreen), "it is closed")
        await person.sees("process 4711: it was disconnected")
        wanted = c.EndSession(
            step="add_column",
            pid=4711,
            since=ALICE.since,
            how="terminate",
            typed="4711",
            reason="agreed with alice",
        )
        assert running.submitted[-1] == wanted


async def test_the_milder_way_is_chosen_at_first_and_what_each_costs_is_said() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await person.sees("It runs no statement just now: cancelling does nothing to it")
        await person.press("enter", "down")
        await person.sees("It is disconnected, what it has not committed is rolled back")
        await person.press("up", "enter", "enter")
        await person.type("4711")
        await person.press("enter")
        await person.until(lambda: running.submitted, "it is asked for")
        assert running.submitted[-1].how == "cancel"  # type: ignore[union-attr]  # an EndSession


async def test_enter_alone_ends_nothing() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await filled(person, "")
        await person.sees("⊘ nothing was typed → type 4711")
        assert not running.submitted


@pytest.mark.parametrize("typed", ["471", "yes", "4720"])
async def test_anything_else_typed_is_refused_and_the_refusal_is_shown(typed: str) -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await filled(person, typed)
        await person.sees("⊘ the process was not typed as it is → type 4711")
        assert isinstance(person.app.screen, EndSessionScreen)
        assert running.run.session_end is None


async def test_another_session_is_chosen_from_the_tree_and_what_was_typed_for_the_first_is_gone() -> None:
    running = waiting()
    other = session(4700, user="bob", application="report", seconds=5.0, query="SELECT sum(total) FROM users")
    running.play(awaited(sessions=(replace(OURS, blocked_by=(4711, 4700)), ALICE, other)))
    async with console(running) as person:
        screen = await opened(person)
        await person.sees("(●) 4711 psql (alice)", "( ) 4700 report (bob)")
        screen.query_one("#typed", TypedInput).value = "4711"
        await person.press("down")
        await person.sees("(●) 4700 report (bob)", "SELECT sum(total) FROM users", "Type 4700")
        assert screen.query_one("#typed", TypedInput).value == ""


async def test_keys_that_were_typed_ahead_answer_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.screens.end_session.SLOW", 3600.0)  # however slow the machine, they come too early
    running = waiting()
    async with console(running) as person:
        await person.press_when_armed("e")
        await person.until(lambda: isinstance(person.app.screen, EndSessionScreen), "the dialog")
        for key in ("enter", "tab", "tab", *"4711", "enter", "enter"):
            person.app.post_message(Key(key, key if len(key) == 1 else None))
        await person.sees("that came before the dialog could be read")
        assert person.app.screen.query_one("#typed", TypedInput).value == ""
        assert not running.submitted


async def test_pasting_the_process_is_refused() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await person.press("enter", "enter", "enter")
        person.app.post_message(Paste("4711"))
        await person.sees("pasting is refused here")
        assert not running.submitted


@pytest.mark.parametrize("key", ["escape", "f10", "ctrl+q"])
async def test_leaving_asks_for_nothing(key: str) -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        await person.press(key)
        await person.until(lambda: not isinstance(person.app.screen, EndSessionScreen), "it is closed")
        assert not running.submitted


async def test_a_session_that_went_while_it_was_typed_is_not_ended_nor_another_one() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        again = replace(ALICE, since="2026-03-01 23:00:00+00", user="mallory")
        running.play(awaited(sessions=(OURS, again)))
        await person.sees("It is not in the way any more")
        await filled(person, "4711", terminate=True)
        await person.sees("⊘ no process 4711 that connected at")
        assert running.run.session_end is None


async def test_when_the_lock_was_had_meanwhile_the_dialog_says_so_and_nothing_is_ended() -> None:
    running = waiting()
    async with console(running) as person:
        await opened(person)
        running.play(e.StepSucceeded(step="add_column"))
        await person.sees("waits for no lock any more")
        await filled(person, "4711")
        await person.sees("⊘ it waits for no lock")


async def test_a_silent_engine_freezes_nothing_and_enter_asks_once() -> None:
    asked: list[AnyCommand] = []
    release = asyncio.Event()

    class Slow(ScriptedSession):
        async def submit(self, command: AnyCommand) -> Answer:
            asked.append(command)
            await release.wait()
            return Refused(reason="too late", remedy="look again")

    running = Slow(story.begun().run.runbook)
    story.waiting(story.preflight(running))
    async with console(running) as person:
        screen = await opened(person)
        await filled(person, "4711")
        await person.until(lambda: asked, "it is asked for")
        for _ in range(2):
            person.app.post_message(Key("enter", None))
        release.set()
        await person.until(lambda: not screen._sent, "it is answered")
        await person.sees("⊘")
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"authority": Authority.WATCHING}, "this screen only watches"),
        ({"account": "dba1"}, "op1 drives this run, not dba1"),
    ],
)
async def test_who_does_not_drive_is_not_offered_it_and_is_told_why(more: dict[str, object], why: str) -> None:
    running = waiting(**more)
    async with console(running) as person:
        await person.sees("4711 psql (alice)")
        assert "e end session" not in person.flowing()
        await person.press("e")
        await person.sees(why)
        assert not running.submitted


async def test_while_nothing_waits_the_key_is_not_shown_and_says_why() -> None:
    async with console(story.preflight(story.begun())) as person:
        await person.sees("enter run")
        assert "e end session" not in person.flowing()
        await person.press("e")
        await person.sees("nothing waits for a lock")


async def test_a_replay_shows_the_tree_and_offers_nothing() -> None:
    async with console(Replay(waiting().records, account="op1")) as person:
        await person.press("end", "5")
        await person.sees("4711 psql (alice)", "this step")
        assert "e end session" not in person.flowing()


@SIZES
async def test_a_crowd_fits_and_everything_that_is_asked_is_on_the_screen(size: tuple[int, int]) -> None:
    running = waiting()
    running.play(awaited(sessions=crowd(100), behind=50))
    async with console(running, size=size) as person:
        await person.press("5")
        await opened(person)
        await person.sees("(●) 1 (app)", "cancel the statement", "Reason", "Type 1", "f10 leave")
        assert len(person.lines()) == size[1]


@SIZES
@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())
async def test_what_a_server_says_of_sessions_and_debris_is_harmless(text: str, size: tuple[int, int]) -> None:
    running = waiting()
    hostile = session(5, user=text, application=text, address=text, state=text, waits_for=text, query=text, since=text)
    running.play(
        s.DebrisFound(items=(s.Debris(kind=text, name=text, table=text, remedy=text, step="add_column"),)),
        o.ServerProgressed(step="add_column", doing=text, seconds=1.0, waits_for=text, unit=text, done=1, total=2),
        awaited(sessions=(hostile, replace(OURS, blocked_by=(5,)))),
    )
    async with console(running, size=size) as person:
        for tab in ("1", "5"):
            await person.press(tab)
            assert_harmless(person)
        await opened(person)
        assert_harmless(person)


@SIZES
async def test_what_is_half_made_is_said_when_the_run_is_opened(size: tuple[int, int]) -> None:
    running = story.begun()
    running.play(s.DebrisFound(items=(INDEX, FOREIGN)))
    async with console(running, size=size) as person:
        await person.sees("! half-made in the target: invalid index app.users_org_id")
        await person.press("down")
        await person.sees_no("! half-made in the target")
        await person.press("f")
        await person.sees("Half-made in the target")


async def test_what_servers_say_is_seen_as_it_comes() -> None:
    running = waiting()
    async with console(running) as person:
        running.play(*(o.Noticed(step="add_column", text=f"NOTICE: row {number}") for number in range(300)))
        await person.sees("Add users.org_id: NOTICE: row 299")
        await person.press("3")
        await person.sees("said the latest first", "NOTICE: row 299", "NOTICE: row 298")
        assert run_screen(person).selected == "add_column"
