"""What holds a run or a phase: every command under every condition, as conditions.txt says. A missing cell fails."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core.commands import COMMAND_TYPES, AmendTo, Refused, StartStep, UndoPhase
from console.core.decide import decide
from console.core.events import ENGINE
from tests.core.build import SECOND, shown
from tests.core.conditions import CONDITIONS, USUAL
from tests.core.tables import cells

TABLE = cells(Path(__file__).with_name("conditions.txt").read_text(encoding="utf-8"), USUAL)
NOBODYS = {"UndoStep", "Amend"}
"""What a person cannot have under any condition: it is the engine's to ask, or to read first."""


def test_every_command_is_tried() -> None:
    assert set(USUAL) == {command.__name__ for command in COMMAND_TYPES} | {AmendTo.__name__}


def test_the_table_has_every_cell() -> None:
    assert set(TABLE) == {(condition, command) for condition in CONDITIONS for command in USUAL}


@pytest.mark.parametrize(("condition", "command"), TABLE)
def test_the_decider_answers_as_the_table_says(condition: str, command: str) -> None:
    tell, by, asked = CONDITIONS[condition]
    story = tell()
    before = story.state
    decision = story.ask(asked[command], by)
    assert shown(decision) == TABLE[condition, command]
    assert not isinstance(decision, Refused) or (decision.reason and story.state is before)


@pytest.mark.parametrize("command", sorted(set(USUAL) - NOBODYS))
def test_each_command_is_allowed_somewhere_and_refused_somewhere(command: str) -> None:
    answers = {TABLE[condition, command].startswith("+") for condition in CONDITIONS}
    assert answers == {True, False}


@pytest.mark.parametrize("name", ["", "nowhere", "expand", "work", "\x1b[31m", "\0"])
def test_no_name_or_text_makes_the_decider_raise(name: str) -> None:
    texts = {"step", "phase", "reason", "role", "typed", "evidence", "text", "note", "value"}
    for tell, _, usual in CONDITIONS.values():
        story = tell()
        for command in usual.values():
            odd = replace(command, **dict.fromkeys(texts.intersection(command.__struct_fields__), name))
            for by in (story.state.driver, SECOND, ENGINE, name):
                decide(story.state, odd, by, story.now)


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_an_empty_name_is_refused_like_an_unknown_one(name: str) -> None:
    story = CONDITIONS["nothing holds"][0]()
    assert f"there is no step {name!r}" in story.refusal(StartStep(step=name))
    assert f"there is no phase {name!r}" in story.refusal(UndoPhase(phase=name, typed=name))
