"""What the shell asks an engine for: the engine decides, in the name of whoever the kernel says is asking."""

import asyncio

import pytest
from msgspec.structs import replace

from console.core import events as e
from tests.cli.kept import Shell, answering, keep, me
from tests.core.build import Story
from tests.views.evening import DOCUMENT, Evening, whole


def mine() -> Evening:
    """Tell a run that whoever runs the tests drives, with two roles."""
    told = Evening(replace(DOCUMENT, people={me(): ("operator", "dba")}))
    told.tell(e.DriverChanged(driver=me()))
    told.tell(e.StepConfirmed(step="backup", value="x"), by=me())
    told.tell(e.StepStarted(step="users_rows", attempt=1))
    told.tell(e.StepSucceeded(step="users_rows"))
    return told


async def ask(shell: Shell, story: Story, *words: str) -> int:
    """Carry out a command line while an engine answers for the story."""
    folder = shell.runs / "open-1"
    if not folder.exists():
        keep(story, folder)
    async with answering(story, folder):
        return await asyncio.to_thread(shell, *words)


@pytest.mark.parametrize(
    ("words", "event", "said"),
    [
        (["note", "-m", "pager quiet"], e.Noted(text="pager quiet"), "noted (record 7)\n"),
        (["note", "-m", "x", "--step", "go"], e.Noted(text="x", step="go"), "noted (record 7)\n"),
        (["pause", "--reason", "a call"], e.Paused(reason="a call"), "paused (record 7)\n"),
        (["abort", "--reason", "no time"], e.RunAborted(reason="no time"), "aborted (record 7)\n"),
        (
            ["undo", "--phase", "pre-flight", "--typed", "pre-flight"],
            e.UndoStarted(phase="pre-flight", steps=("users_rows", "backup")),
            "pre-flight is being undone: see `runbook status` (record 7)\n",
        ),
    ],
)
async def test_what_is_asked_for_is_on_the_record(shell: Shell, words: list[str], event: e.AnyEvent, said: str) -> None:
    story = mine()
    assert await ask(shell, story, *words) == 0
    assert story.records[-1].event == event
    assert story.records[-1].by == me()
    assert shell.out == said


async def test_a_signature_finds_its_checkpoint_and_its_role(shell: Shell) -> None:
    story = mine()
    assert await ask(shell, story, "sign", "--note", "quiet") == 0
    assert shell.out == f"{me()} signed go as dba (record 8)\n"
    assert story.records[-1].event == e.SignedOff(step="go", role="dba", note="quiet")
    assert await ask(shell, story, "sign", "--role", "tech-lead") == 3
    assert "no tech-lead in this runbook" in shell.err


async def test_unpausing_and_taking_over(shell: Shell) -> None:
    story = mine()
    story.tell(e.Paused())
    assert await ask(shell, story, "unpause") == 0
    story.tell(e.DriverChanged(driver="somebody"))
    assert await ask(shell, story, "take-over", "--reason", "shift ends") == 0
    assert story.state.driver == me()


async def test_what_the_engine_refuses_is_told_with_the_way_out(shell: Shell) -> None:
    story = mine()
    before = len(story.records)
    assert await ask(shell, story, "undo", "--phase", "pre-flight", "--typed", "yes") == 3
    assert shell.err == "runbook: what was typed is not the phase's id — type pre-flight\n"
    assert len(story.records) == before


def test_without_an_engine_it_says_how_to_start_one(shell: Shell) -> None:
    keep(mine(), shell.runs / "open-1")
    assert shell("note", "-m", "x") == 1
    assert shell.err.startswith("runbook: no engine answers for open-1")
    assert shell.err.endswith("— start it with `runbook run`\n")


def test_an_abort_without_an_engine_says_how_a_pipeline_ends_a_run(shell: Shell) -> None:
    keep(mine(), shell.runs / "open-1")
    assert shell("abort", "--reason", "x") == 1
    assert "start it with `runbook run`; without a screen with --headless" in shell.err
    assert "abort: REASON" in shell.err


def test_a_run_that_ended_is_told_as_that(shell: Shell) -> None:
    keep(whole(), shell.runs / "ended-1")
    assert shell("note", "ended-1", "-m", "x") == 3
    assert shell.err == "runbook: the run was finished by dba1 — start a new run\n"


def test_without_a_role_that_is_missing_nothing_is_signed(shell: Shell) -> None:
    keep(Evening(), shell.runs / "open-1")
    assert shell("sign") == 2
    assert f"{me()} has none of the roles that are missing at go: tech-lead, dba" in shell.err


def test_what_must_be_said_is_asked_for(shell: Shell) -> None:
    for words in (["abort"], ["note"], ["undo", "--phase", "fill"]):
        assert shell(*words) == 2
        assert "required" in shell.err
