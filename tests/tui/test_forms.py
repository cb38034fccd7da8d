"""Every dialog sends what was asked for, closes only when it was accepted, and can be left without a trace."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.state import Status
from console.tui.screens.form import FormScreen
from tests.tui import story
from tests.tui.driver import Person, console, run_screen


async def form(person: Person, key: str) -> None:
    await person.press_when_armed(key)
    await person.until(lambda: isinstance(person.app.screen, FormScreen), "the dialog")


async def test_a_persons_step_is_confirmed_with_what_was_seen() -> None:
    session = story.begun()
    async with console(session) as person:
        await form(person, "enter")
        await person.sees("Confirm", "rows in its users table")
        await person.type("200000")
        await person.press_when_armed("enter")
        await person.type("fine")
        await person.press("enter")
        await person.sees("✔ The backup was restored", "200000 · confirmed op1, 01:00")
        assert session.submitted == [c.ConfirmStep(step="snapshot", value="200000", note="fine")]


async def test_a_refused_dialog_stays_open_and_says_why() -> None:
    session = story.begun()
    async with console(session) as person:
        await form(person, "c")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("asks for what was observed", "→ give the value")
        assert isinstance(person.app.screen, FormScreen)
        assert session.run.steps["snapshot"].status is Status.PENDING


async def test_enter_typed_ahead_of_a_dialog_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.screens.form.SOON", 3600.0)  # however slow the machine, it comes too early
    session = story.preflight(story.begun())
    async with console(session) as person:
        await person.press("a")
        await person.press("enter")
        await person.sees("that came before the question could be read")
        assert not session.submitted


@pytest.mark.parametrize("key", ["escape", "f10", "ctrl+q"])
async def test_a_dialog_can_be_left(key: str) -> None:
    session = story.begun()
    async with console(session) as person:
        await form(person, "n")
        await person.type("half a no")
        await person.press(key)
        await person.until(lambda: person.app.screen is run_screen(person), "the run")
        assert not session.submitted


async def test_a_note_is_written_down_about_the_selected_step() -> None:
    session = story.begun()
    async with console(session) as person:
        await form(person, "n")
        await person.type("pager quiet")
        await person.press_when_armed("enter")
        await person.sees("op1 noted “pager quiet”")
        assert session.submitted == [c.AddNote(text="pager quiet", step="snapshot")]


async def test_a_step_does_not_apply_for_a_reason() -> None:
    session = story.begun()
    async with console(session) as person:
        await form(person, "N")
        await person.press_when_armed("enter")
        await person.sees("not applicable needs a reason")
        await person.type("a copy of production is used")
        await person.press("enter")
        await person.sees(
            "– The backup was restored", "not applicable: a copy of", "does not apply: a copy of production is used"
        )


async def test_a_checkpoint_is_signed_in_the_role_of_the_account() -> None:
    session = story.begun(account="dba1")
    story.preflight(session)
    unsigned = story.begun(account="dba1")
    unsigned.do(c.ConfirmStep(step="snapshot", value="200000"))
    unsigned.do(c.StartStep(step="users_rows"), c.StartStep(step="accounts_rows"))
    async with console(unsigned) as person:
        await form(person, "s")
        await person.sees("( ) tech-lead (not yours)", "(●) dba")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("signed dba dba1; missing tech-lead")


async def test_a_check_for_the_eye_is_judged() -> None:
    session = story.preflight(story.begun())
    session.outcomes["add_column"] = (
        o.Sampled(step="add_column", columns=("id", "org_id"), rows=(("1", "7"), ("2", "9"))),
        o.StepPutToPerson(step="add_column", question="Do these look right?"),
    )
    async with console(session) as person:
        await person.press_when_armed("enter")
        await person.sees("◆ Add users.org_id", "to be judged: Do these look right?")
        await form(person, "enter")
        await person.sees("id org_id", "2 9", "Do these look right?", "If it is not right, leave this and press R.")
        await person.press("f10")
        await form(person, "R")
        await person.type("9 is no organisation")
        await person.press_when_armed("enter")
        await person.sees("✖ Add users.org_id")


async def test_a_step_in_doubt_is_settled_with_evidence_and_nothing_is_chosen_beforehand() -> None:
    session = story.filling(story.preflight(story.begun()))
    session.play(e.StepLost(step="fill", error="the connection went"))
    async with console(session) as person:
        await person.sees("? Fill users.org_id", "in doubt")
        await form(person, "enter")
        await person.sees("In doubt: did it happen?", "( ) It happened", "( ) It did not happen")
        await person.press_when_armed("enter")
        await person.sees("choose one of the answers first")
        await person.press("down", "down", "enter")
        await person.type("count(*) says 63 %")
        await person.press("enter")
        await person.sees("◐ Fill users.org_id")
        assert session.submitted == [c.ResolveDoubt(step="fill", happened=False, evidence="count(*) says 63 %")]


async def test_a_step_under_way_is_cancelled_after_a_question() -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        await form(person, "x")
        await person.sees("The server is asked to stop it")
        await person.press_when_armed("enter")
        await person.sees("■ Fill users.org_id", "cancelling")
        session.play(e.StepCancelled(step="fill", summary="stopped after batch 14"))
        await person.sees("◐ Fill users.org_id", "held: 63 % done")


async def test_a_phase_is_undone_when_its_id_was_typed_and_the_order_is_shown_before() -> None:
    session = story.filling(story.preflight(story.begun()))
    session.holding = set()
    session.play(*session.outcomes["fill"])
    async with console(session) as person:
        await form(person, "u")
        await person.sees("Undoing Backfill takes back 2 steps, 200,000 rows written", "1 Fill users.org_id")
        await person.type("back")
        await person.press_when_armed("enter")
        await person.sees("what was typed is not the phase's id → type backfill")
        await person.type("fill")
        await person.press("enter")
        await person.sees("Backfill is undone, verified")
        assert session.run.steps["fill"].undone


async def test_an_abort_takes_a_reason_and_ends_the_run() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        await form(person, "a")
        await person.sees("Nothing is taken back by that")
        await person.type("wrong window")
        await person.press_when_armed("enter")
        await person.sees("ABORTED", "The run was aborted by op1")


async def test_quitting_leaves_the_engine_stops_it_or_stays() -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        await person.press("q")
        await person.sees("Leave the screen", "Fill users.org_id is under way")
        await person.press("enter")
        await person.until(lambda: person.app.screen is run_screen(person), "staying")
        await person.press("ctrl+q")
        await person.press_when_armed("s")
        await person.until(lambda: not person.app.is_running, "the end")
        assert session.submitted == [c.StopEngine()]
        assert person.app.return_code == 0


async def test_leaving_the_engine_at_it_asks_nothing_of_it() -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        await person.press("f10")
        await person.press_when_armed("l")
        await person.until(lambda: not person.app.is_running, "the end")
        assert not session.submitted


async def test_the_help_has_every_key_and_symbol() -> None:
    async with console(story.begun(), size=(120, 60)) as person:
        await person.press("question_mark")
        await person.sees("N say that a step does not apply, and why", "? in doubt", "━ point of no return")
        await person.press("q")
        await person.until(lambda: person.app.screen is run_screen(person), "the run")
