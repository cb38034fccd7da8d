"""Entering a phase, waiving a step and amending the runbook, at the screen."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core.runbook import Phase, Runbook, Step
from console.core.state import Status
from console.sessions import Authority, Replay
from console.tui.screens.amend import AmendScreen
from console.tui.screens.form import FormScreen
from tests.core.build import amend_to
from tests.tui import migration as m
from tests.tui import story
from tests.tui.driver import Person, console, run_screen
from tests.tui.scripted import ScriptedSession
from tests.tui.test_hostile_text import assert_harmless

SMALL = (80, 24)
SIZES = pytest.mark.parametrize("size", [SMALL, (120, 36)])


def checked(**more: object) -> ScriptedSession:
    """Everything before Backfill is done; its entry rests on one check."""
    session = story.preflight(story.begun(**more))
    session.later(seconds=30)
    session.do(c.StartStep(step="add_column"), c.StartStep(step="still_nullable"))
    return session


def with_steps(document: Runbook, name: str, *steps: Step) -> Runbook:
    phases = tuple(replace(each, steps=steps) if each.id == name else each for each in document.phases)
    return replace(document, phases=phases)


def amendment(session: ScriptedSession, *, reason: str = "it takes too long") -> c.AmendTo:
    """Return one that changes the backfill, and adds a step to it that another one drops."""
    document = session.run.runbook
    release, fill, *rest = document.phase("backfill").steps
    data = {"backfill": {**fill.data["backfill"], "batch_size": 5000}}
    extra = m.check("extra", "A look at the logs", "SELECT count(*)\nFROM logs")
    changed = with_steps(document, "backfill", release, replace(fill, data=data), *rest, extra)
    return amend_to(changed, reason=reason)


async def dialog(person: Person, key: str) -> None:
    await person.press_when_armed(key)
    await person.until(lambda: isinstance(person.app.screen, FormScreen | AmendScreen), "the dialog")


async def test_while_checks_are_asked_again_it_is_said_how_many_and_x_gives_up() -> None:
    session = checked()
    session.silent_gates = {"still_nullable"}
    async with console(session, size=SMALL) as person:
        await dialog(person, "enter")
        await person.type("12 of 12")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("asking 1 of 1 checks again before Backfill — x gives it up", "▻ v1.1 writes")
        await person.press("x")
        await person.sees("Not entered: op1 gave it up — enter tries again", "phase not entered")
        assert session.run.entering is None
        assert isinstance(session.submitted[-1], c.CancelStep)


async def test_a_run_can_be_paused_while_checks_are_asked_again() -> None:
    session = checked()
    session.silent_gates = {"still_nullable"}
    session.do(c.ConfirmStep(step="dual_write", value="x"))
    async with console(session) as person:
        await person.sees("ASKING CHECKS AGAIN")
        await person.press_when_armed("p")
        await person.sees("before Backfill; paused by op1", "PAUSED by op1")


async def test_a_phase_that_was_not_entered_says_why_beside_its_step() -> None:
    session = checked()
    session.failing_gates = {"still_nullable"}
    session.do(c.ConfirmStep(step="dual_write", value="x"))
    async with console(session, size=SMALL) as person:
        await person.sees(
            "Not entered: 'org_id may be NULL' does not hold any… — enter tries again", "phase not entered"
        )
        await person.sees("Backfill was not entered:", "mend it, then try again")
        session.failing_gates = set()
        session.do(c.ConfirmStep(step="dual_write", value="x"))
        await person.sees_no("not entered:")


async def test_the_driver_asks_for_a_waiver_with_a_reason() -> None:
    session = checked()
    async with console(session) as person:
        await dialog(person, "w")
        await person.sees("Waive the step", "It counts as done without having been done", "Another person has to agree")
        await person.press_when_armed("enter")
        await person.sees("a waiver needs a reason")
        await person.type("v1.1 was live before")
        await person.press("enter")
        await person.sees("— somebody else has to agree", "op1 asks to waive it: v1.1 was live before")
        assert session.submitted[-1] == c.Waive(step="dual_write", reason="v1.1 was live before")


async def test_a_second_person_reads_the_reason_types_the_step_and_agrees() -> None:
    session = checked(account="dba1", authority=Authority.WATCHING)
    session.do(c.Waive(step="dual_write", reason="v1.1 was live before"))
    async with console(session, size=SMALL) as person:
        await person.sees("op1 asks to waive “", "— w agrees", "w agree to waive")
        await dialog(person, "w")
        await person.sees("asked by op1", "reason v1.1 was live before", "Type dual_write to agree.")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("type dual_write first")
        assert not session.submitted
        await person.press("f10")
        await dialog(person, "w")
        await person.type("dual_write")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("≈ v1.1 writes both columns")
        assert session.run.steps["dual_write"].status is Status.WAIVED


async def test_keys_typed_ahead_agree_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.screens.form.SOON", 3600.0)
    session = checked(account="dba1")
    session.do(c.Waive(step="dual_write", reason="x"))
    async with console(session) as person:
        await person.press("w", *"dual_write", "enter", "enter")
        await person.sees("that came before the question could be read")
        assert not session.submitted


async def test_another_reason_than_the_one_shown_is_not_agreed_to() -> None:
    session = checked(account="dba1")
    session.do(c.Waive(step="dual_write", reason="v1.1 was live before"))
    async with console(session) as person:
        await dialog(person, "w")
        session.do(c.Waive(step="dual_write", reason="nobody looks"))
        await person.type("dual_write")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees("what was asked for has changed since this was opened")
        assert not session.submitted


@SIZES
async def test_an_amendment_that_waits_is_shown_and_approved_by_whom_it_waits_for(size: tuple[int, int]) -> None:
    session = checked(account="dba1", authority=Authority.WATCHING)
    session.do(amendment(session))
    async with console(session, size=size) as person:
        await person.sees("amendment by op1 waits for: tech-lead, dba — A shows it")
        await dialog(person, "A")
        await person.sees("Amendment by op1", "it takes too long", "~ changed step “Fill users.org_id” (fill)")
        await person.press("pagedown", "pagedown")
        await person.sees("+ added step “A look at the logs” (extra)")
        await person.press_when_armed("enter")
        await person.sees("choose one of the answers first", "( ) approve as tech-lead (not yours)")
        await person.press("down", "down", "enter")
        await person.type("read")
        await person.press("enter")
        await person.sees("amendment by op1 waits for: tech-lead — A shows it")
        assert session.submitted == [c.ApproveAmendment(source_digest="new", role="dba", note="read")]
        session.do(c.ApproveAmendment(source_digest="new", role="tech-lead"), by="lead1")
        await person.sees("amended 1 time", "Go for the change", "waits for tech-lead, dba")


async def test_the_driver_withdraws_an_amendment() -> None:
    session = checked()
    session.do(amendment(session))
    async with console(session) as person:
        await dialog(person, "A")
        await person.press("down", "down", "down")
        await person.sees("(●) withdraw it")
        await person.press_when_armed("enter")
        await person.press("enter")
        await person.sees_no("amendment by op1 waits")
        assert session.submitted == [c.WithdrawAmendment()]


SOURCE = """
runbook: one-step
title: One step
engine: sqlite
risk: low
databases: {main: env:X}
people: {op1: [operator], dba1: [reviewer]}
phases:
  - id: only
    title: Only
    steps:
      - {id: told, manual: Tell them}
      - {id: asked, manual: Ask them}
"""


def from_file(folder: Path) -> tuple[ScriptedSession, Path]:
    """Return a run that a file began, and the file."""
    from console.storage.amended import amended_by

    file = folder / "r.yaml"
    file.write_text(SOURCE, encoding="utf-8")
    session = ScriptedSession(amended_by(file, reason="", environment="staging").runbook)
    changed = folder / "c.yaml"
    changed.write_text(SOURCE.replace("Ask them", "Ask everybody"), encoding="utf-8")
    found = amended_by(changed, reason="all of them", environment="staging")
    session.amendments[found.source] = found
    return session, changed


async def fill_in(person: Person, file: Path, reason: str) -> None:
    await person.press(*str(file))
    await person.press_when_armed("enter")
    await person.press(*reason, "enter")


@SIZES
async def test_a_changed_file_is_shown_as_a_difference_and_then_put_up(tmp_path: Path, size: tuple[int, int]) -> None:
    session, changed = from_file(tmp_path)
    async with console(session, size=size) as person:
        await dialog(person, "A")
        await fill_in(person, changed, "all of them")
        await person.sees("~ changed step “Ask everybody” (asked) in Only", "enter puts exactly this up")
        changed.write_text("another text by now", encoding="utf-8")
        await person.press_when_armed("enter")
        await person.sees("amendment by op1 waits for: reviewer — A shows it")
        (sent,) = session.submitted
        assert isinstance(sent, c.Amend)
        assert (sent.source_name, sent.reason) == ("c.yaml", "all of them")
        assert "Ask everybody" in sent.source


async def test_what_is_wrong_with_the_file_is_told_with_line_and_column_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, changed = from_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    sound = changed.read_text(encoding="utf-8")
    changed.write_text(sound.replace("risk: low", "risk: lo").replace("title: Only", "titel: Only"), encoding="utf-8")
    async with console(session) as person:
        await dialog(person, "A")
        await fill_in(person, Path(changed.name), "all of them")
        await person.sees("c.yaml:5:7", "c.yaml:10:5", "this file cannot be used")
        changed.write_text(sound, encoding="utf-8")
        await person.press_when_armed("enter")
        await person.sees("~ changed step “Ask everybody” (asked) in Only")
        await person.press("x")
        await person.sees_no("~ changed")
        assert not session.submitted
        await person.press("f10")
        await person.until(lambda: person.app.screen is run_screen(person), "the run")


async def test_what_is_in_its_way_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    session, changed = from_file(tmp_path)
    session.do(c.ConfirmStep(step="told"), c.ConfirmStep(step="asked"))
    async with console(session) as person:
        await dialog(person, "A")
        await fill_in(person, changed, "all of them")
        await person.sees("⊘ 'Ask them' is done: it cannot be changed or dropped", "it cannot be put up as it is")
        await person.press_when_armed("enter")
        await person.sees("it cannot be put up as it is")
        assert not session.submitted


async def test_a_selected_step_that_an_amendment_drops_gives_way_to_what_is_next() -> None:
    session = checked()
    session.do(amendment(session))
    for role, by in (("dba", "dba1"), ("tech-lead", "lead1")):
        session.do(c.ApproveAmendment(source_digest="new", role=role), by=by)
    without = with_steps(session.run.runbook, "backfill", *m.BACKFILL.steps)
    session.do(amend_to(without, digest="off"))
    session.do(c.ApproveAmendment(source_digest="off", role="dba"), by="dba1")
    async with console(session) as person:
        run_screen(person)._select("extra")
        run_screen(person).draw()
        await person.sees("A look at the logs")
        session.do(c.ApproveAmendment(source_digest="off", role="tech-lead"), by="lead1")
        await person.until(lambda: run_screen(person).selected == "go", "the next step is selected")
        await person.sees("amended 2 times")
    async with console(Replay(session.records, account="op1")) as person:
        for key in ("end", *["left"] * 12, "home", "end"):
            await person.press(key)
        await person.sees("approved the amendment as tech-lead")


async def test_an_amendment_of_hostile_text_steers_nothing() -> None:
    text = "\x1b[2J\x1b]0;pwn\x07 [@click=app.quit]x[/] \u202eevil"
    session = checked(account="dba1")
    extra = Phase(id="late", title=text, steps=(m.sql("s", text, f"SELECT '{text}'", restore=text),))
    changed = replace(session.run.runbook, phases=(*session.run.runbook.phases, extra))
    session.do(amend_to(changed, reason=text))
    session.do(c.Waive(step="dual_write", reason=text))
    async with console(session) as person:
        assert_harmless(person)
        for key in ("A", "w"):
            await dialog(person, key)
            assert_harmless(person)
            await person.press("f10")
