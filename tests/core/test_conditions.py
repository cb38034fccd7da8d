"""What holds a run or a phase: every command under every condition, as conditions.txt says. A missing cell fails."""

from pathlib import Path

import pytest

from console.core.commands import COMMAND_TYPES, Refused
from console.core.decide import decide
from tests.core.build import shown
from tests.core.conditions import CONDITIONS, USUAL, commands
from tests.core.tables import cells

TABLE = cells(Path(__file__).with_name("conditions.txt").read_text(encoding="utf-8"), USUAL)
NOBODYS = {"UndoStep"}
"""What a person cannot have under any condition: it is the engine's."""


def test_every_command_is_tried() -> None:
    assert set(USUAL) == {command.__name__ for command in COMMAND_TYPES}


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


@pytest.mark.parametrize("condition", CONDITIONS)
def test_empty_names_are_refused_like_unknown_ones(condition: str) -> None:
    story = CONDITIONS[condition][0]()
    for command in commands("").values():
        for field in ("step", "phase"):
            if field in command.__struct_fields__ and type(command).__name__ != "AddNote":
                empty = type(command)(**{**{f: getattr(command, f) for f in command.__struct_fields__}, field: ""})
                assert isinstance(decide(story.state, empty, story.state.driver, story.now), Refused)
