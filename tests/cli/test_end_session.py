"""From the shell a session in the way is ended as from the screen: named before, its process typed by hand."""

import pytest
from msgspec.structs import replace

from console.core import events as e
from console.core import server_events as s
from tests.cli.kept import Shell, keep, me
from tests.cli.test_asking import ask
from tests.views.blocked import ALICE, OURS, awaited, waiting
from tests.views.evening import Evening


def mine() -> Evening:
    """A step waits, and whoever runs the tests drives."""
    told = waiting()
    told.tell(e.DriverChanged(driver=me()))
    return told


async def test_it_says_whose_session_it_is_and_asks_for_its_end(shell: Shell) -> None:
    story = mine()
    words = ("end-session", "4711", "--how", "terminate", "--reason", "alice went home", "--typed", "4711")
    assert await ask(shell, story, *words) == 0
    wanted = s.SessionEndAsked(
        step="add_column",
        pid=4711,
        since=ALICE.since,
        how="terminate",
        whose="alice (psql)",
        reason="alice went home",
    )
    assert (story.records[-1].event, story.records[-1].by) == (wanted, me())
    assert shell.out.splitlines() == [
        "4711 psql (alice), idle in transaction 12 s: SELECT * FROM users WHERE id = $1 FOR UPDATE",
        "It is disconnected, what it has not committed is rolled back, and its application sees an error.",
        f"asked the server to terminate 4711; its answer: see `runbook status` (record {len(story.records)})",
    ]


async def test_without_a_word_it_is_the_milder_one(shell: Shell) -> None:
    story = mine()
    assert await ask(shell, story, "end-session", "open-1", "4711", "--typed", "4711") == 0
    assert isinstance(asked := story.records[-1].event, s.SessionEndAsked)
    assert asked.how == "cancel"
    assert "It runs no statement just now: cancelling does nothing to it" in shell.out


async def test_a_number_typed_otherwise_is_refused(shell: Shell) -> None:
    story = mine()
    before = len(story.records)
    assert await ask(shell, story, "end-session", "4711", "--typed", "4712") == 3
    assert shell.err == "runbook: the process was not typed as it is — type 4711\n"
    assert len(story.records) == before


async def test_who_does_not_drive_is_refused(shell: Shell) -> None:
    assert await ask(shell, waiting(), "end-session", "4711", "--typed", "4711") == 3
    assert f"op1 drives this run, not {me()} — take over first" in shell.err


@pytest.mark.parametrize("pid", ["4720", "4731", "99"])
def test_only_what_is_in_the_way_can_be_ended(shell: Shell, pid: str) -> None:
    keep(mine(), shell.runs / "open-1")
    assert shell("end-session", pid, "--typed", pid) == 3
    assert shell.err == f"runbook: process {pid} is not in the way of add_column — in its way: 4711 psql (alice)\n"


def test_while_nothing_waits_there_is_nothing_to_end(shell: Shell) -> None:
    told = mine()
    told.tell(e.StepSucceeded(step="add_column"))
    keep(told, shell.runs / "open-1")
    assert shell("end-session", "4711", "--typed", "4711") == 3
    assert shell.err == "runbook: no step waits for a lock — see `runbook status`\n"


def test_the_number_has_to_be_typed_twice(shell: Shell) -> None:
    keep(mine(), shell.runs / "open-1")
    assert shell("end-session", "4711") == 2
    assert "--typed" in shell.err


async def test_a_number_that_another_session_has_by_now_is_refused(shell: Shell) -> None:
    story = mine()
    keep(story, shell.runs / "open-1")
    story.tell(awaited(sessions=(OURS, replace(ALICE, since="2026-03-01 23:00:00+00"))))
    assert await ask(shell, story, "end-session", "4711", "--typed", "4711") == 3
    assert "no process 4711 that connected at" in shell.err
