"""What an operator sees and does on the run screen."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.errors import JournalError
from console.core.runbook import Phase
from console.core.state import Status
from console.sessions import Authority
from console.views.keys import Action
from tests.tui import migration, story
from tests.tui.driver import console, run_screen
from tests.tui.scripted import ScriptedSession


async def test_the_screen_says_what_happens_what_is_next_what_is_locked_and_what_going_back_costs() -> None:
    async with console(story.filling(story.preflight(story.begun()))) as person:
        await person.sees("► Fill users.org_id", "63 %", "41 k rows/s", "1.8 s left")
        await person.sees("next running “Fill users.org_id” then No row is left unfilled")
        await person.sees("⊘ No row is left unfilled", "waits for 'Fill users.org_id'")
        await person.sees("undo now: 2 steps of Backfill, 126,000 rows")


@pytest.mark.parametrize("size", [(80, 24), (80, 23), (120, 36)])
async def test_the_same_is_seen_in_a_small_terminal(size: tuple[int, int]) -> None:
    async with console(story.filling(story.preflight(story.begun())), size=size) as person:
        await person.sees("users-org-id", "staging", "► Fill users.org_id", "63 %", "⊘ No row is left unfilled")
        await person.sees("point of no return", "enter run", "? help")
        assert len(person.lines()) == size[1]


async def test_enter_runs_an_engines_step_and_the_selection_goes_on_to_the_next() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        await person.sees("next Add users.org_id — enter runs it")
        await person.press_when_armed("enter")
        await person.until(lambda: session.run.steps["add_column"].status is Status.DONE, "the step is done")
        await person.until(lambda: run_screen(person).selected == "still_nullable", "the selection went on")


async def test_enter_pressed_twice_in_haste_runs_one_step_only() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        await person.press_when_armed("enter")
        run_screen(person)._arming._seconds = 3600.0  # however slow the machine, the second one comes in haste
        await person.until(lambda: run_screen(person).selected == "still_nullable", "the selection went on")
        await person.press("enter")
        await person.sees("the selection had just moved on")
        assert session.run.steps["still_nullable"].status is Status.PENDING
        run_screen(person)._arming._seconds = 0.0
        await person.press_when_armed("enter")
        await person.until(lambda: session.run.steps["still_nullable"].status is Status.DONE, "it is run then")


async def test_a_selection_that_a_person_moved_stays_where_it_is() -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        await person.press("down", "down")
        session.play(e.StepSucceeded(step="fill"))
        await person.sees("✔ Fill users.org_id")
        assert run_screen(person).selected == "no_orphans"
        await person.press("full_stop")
        assert run_screen(person).selected == "none_left"


async def test_the_reason_why_the_selected_step_is_locked_is_on_the_screen() -> None:
    async with console(story.begun()) as person:
        await person.press("down")
        await person.sees("⊘ waits for 'The backup was restored into a scratch database' → do that first")


@pytest.mark.parametrize(
    "name", [each.value for each in Action if each not in (Action.NOTE, Action.PAUSE, Action.FINISH)]
)
async def test_a_key_that_does_nothing_says_why(name: str) -> None:
    session = story.begun(authority=Authority.WATCHING)
    async with console(session) as person:
        await person.press("down")
        before = run_screen(person).said
        await run_screen(person).action_ask(name)
        assert run_screen(person).said != before
        assert not session.submitted


async def test_every_key_of_the_foot_answers_while_a_step_is_under_way() -> None:
    session = story.filling(story.preflight(story.begun()))
    async with console(session) as person:
        for key in ("enter", "c", "R", "N", "s", "d", "u", "a", "f", "t", "r"):
            run_screen(person).said = ()
            await person.press_when_armed(key)
            if key == "f":
                await person.sees("Summary")
                await person.press("q")
                continue
            assert run_screen(person).said, f"{key} is silent"
        assert not session.submitted


async def test_pause_and_unpause_are_one_key() -> None:
    session = story.begun()
    async with console(session) as person:
        await person.press("p")
        await person.sees("PAUSED by op1", "p lets it go on")
        await person.press("p")
        await person.sees_no("PAUSED")
        assert [type(each) for each in session.submitted] == [c.Pause, c.Unpause]


async def test_what_the_session_refuses_is_said_in_its_words() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        session.do(c.Pause(reason="pager rings"), by="dba1")
        await person.press_when_armed("enter")
        await person.sees("paused by dba1: pager rings → unpause")


async def test_why_something_was_refused_goes_after_a_while() -> None:
    async with console(story.begun()) as person:
        await person.press("r")
        await person.sees("there is nothing to start again")
        run_screen(person)._said_enough._seconds = 0.0
        await person.sees_no("there is nothing to start again")


async def test_a_failed_step_says_why_and_runs_again() -> None:
    session = story.preflight(story.begun())
    session.outcomes["add_column"] = (
        e.StepFailed(step="add_column", error="duplicate column name: org_id", remedy="drop the column first"),
    )
    async with console(session) as person:
        await person.press_when_armed("enter")
        await person.sees("✖ Add users.org_id", "failed: duplicate column name: org_id", "→ drop the column first")
        session.outcomes["add_column"] = (e.StepSucceeded(step="add_column"),)
        await person.press_when_armed("enter")
        await person.sees("✔ Add users.org_id")


async def test_a_step_that_is_found_by_a_word_is_selected() -> None:
    async with console(story.begun()) as person:
        await person.press("slash")
        await person.type("orphan")
        await person.press("enter")
        await person.until(lambda: run_screen(person).selected == "no_orphans", "it is selected")
        await person.press("slash", *"nothing like it", "enter")
        await person.sees("no step has")


async def test_the_tabs_show_what_a_step_does_showed_locks_and_how_it_is_taken_back() -> None:
    session = story.preflight(story.begun())
    async with console(session) as person:
        await person.press("2")
        await person.sees("ALTER TABLE users ADD COLUMN org_id INTEGER REFERENCES organisations(id)")
        await person.press("4")
        await person.sees("ALTER TABLE users DROP COLUMN org_id")
        await person.press("5")
        await person.sees("lock", "work")
        await person.press("up", "3")
        await person.sees("Nothing was shown yet.")


async def test_checks_are_shown_as_check_expected_actual_status() -> None:
    session = story.preflight(story.begun())
    session.outcomes["still_nullable"] = (
        o.Measured(step="still_nullable", check="notnull of org_id", expected="0", actual="1", passed=False),
        e.StepFailed(step="still_nullable", error="expected 0, actual 1"),
    )
    session.do(c.StartStep(step="add_column"), c.StartStep(step="still_nullable"))
    async with console(session) as person:
        await person.press("3")
        await person.sees("✖ notnull of org_id", "expected 0 actual 1 does not hold")


async def test_production_is_a_word_on_the_screen_and_staging_looks_calm() -> None:
    async with console(story.begun(environment="production")) as person:
        await person.sees("PRODUCTION")
        assert person.app.screen.has_class("-production")
    async with console(story.begun()) as person:
        await person.sees("staging")
        assert not person.app.screen.has_class("-production")


async def test_a_lost_engine_is_said_and_started_again_by_a_key() -> None:
    first, second = story.begun(), story.preflight(story.begun())
    async with console(first) as person:
        first.lose_engine()
        await person.sees("no engine answers since 01:00:00", "r starts it again")
        await person.press("p")
        await person.sees("⊘ no engine answers → r starts it again")

        async def another() -> object:
            return second

        assert person.app.link
        person.app.link._reopen = another  # type: ignore[assignment]
        await person.press("r")
        await person.sees("✔ Pre-flight")
        await person.sees_no("no engine answers since")


async def test_a_watcher_goes_on_watching_when_an_engine_is_back_without_a_key() -> None:
    first = story.begun()
    first.authority = Authority.WATCHING
    second = story.preflight(story.begun())
    second.authority = Authority.WATCHING
    gone = JournalError("no engine answers for run-1", remedy="start it with `runbook run`")
    tries = 0

    async def another() -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise gone
        return second

    async with console(first) as person:
        assert person.app.link
        person.app.link._reopen = another  # type: ignore[assignment]
        first.lose_engine()
        await person.sees("✔ Pre-flight")
        await person.sees_no("no engine answers since")
    assert tries == 3


async def test_a_driver_starts_an_engine_on_purpose_only() -> None:
    session = story.begun()
    async with console(session) as person:
        session.lose_engine()
        await person.sees("no engine answers since")
        assert person.app.link
        assert not person.app.link.orphaned


async def test_a_second_person_is_told_who_drives_and_takes_over_on_purpose() -> None:
    session = story.preflight(story.begun(account="dba1"))
    async with console(session) as person:
        await person.sees("driver op1 you dba1")
        await person.press_when_armed("enter")
        await person.sees("op1 drives this run, not dba1 → take over first")
        await person.press("t")
        await person.sees("Take the driver’s seat")
        await person.type("op1 is asleep")
        await person.press_when_armed("enter")
        await person.sees("driver dba1")


async def test_the_end_of_a_run_is_looked_back_at_and_finished() -> None:
    session = story.contracted(story.enforced(story.filling(story.preflight(story.begun()))))
    async with console(session) as person:
        await person.sees("Everything is done")
        await person.press("f")
        await person.sees("Summary", "14 done", "7 held", "Nothing deviated", "Close the ticket")
        await person.press("f")
        await person.sees("Finish the run")
        await person.type("all quiet")
        await person.press_when_armed("enter")
        await person.sees("✔ Finished by op1")
        assert session.run.sealed
        await person.press("q")
        await person.sees("FINISHED 01:16")


async def test_the_palette_offers_our_own_commands_and_does_them() -> None:
    session = story.begun()
    async with console(session) as person:
        await person.press("ctrl+p")
        await person.sees("note something for the record", "abort the run for good")
        await person.sees_no("Theme")
        await person.type("pause")
        await person.sees("pause the run at its next boundary")
        await person.press("enter")
        await person.until(lambda: session.run.paused, "it is paused")


async def test_whoever_comes_back_is_told_what_happened_meanwhile_until_they_do_something() -> None:
    session = story.filling(story.preflight(story.begun()))
    session.later(minutes=3)
    session.play(e.StepSucceeded(step="fill", summary="200,000 rows in 23 batches"), by=e.ENGINE)
    async with console(session) as person:
        await person.sees("since op1's last act at", "Fill users.org_id done")
        await person.press("down")
        await person.sees_no("since op1's last act at")


async def test_a_list_that_scrolls_keeps_its_right_edge_clear_of_the_bar() -> None:
    steps = tuple(migration.person(f"s{number}", f"Step {number}") for number in range(40))
    session = ScriptedSession(migration.runbook(Phase(id="long", title="Long", steps=steps)))
    async with console(session, size=(80, 24)) as person:
        await person.sees("⊘ Step 3 waits for 'Step 0'")
