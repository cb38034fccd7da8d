"""The runbooks that come with the program: sound, fit for editors, and answered for runs without a screen."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from console.storage.answers import Answers, load_answers
from console.storage.runbook_file import load
from console.storage.schema import schema
from console.storage.typed_nodes import plain
from console.storage.yaml_nodes import document

FOLDER = Path(__file__).parents[2] / "runbooks"
ANSWERS = FOLDER / "answers"
RUNBOOKS = sorted(path for path in FOLDER.rglob("*.yaml") if ANSWERS not in path.parents)
each_runbook = pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)


def answers_of(path: Path) -> Answers:
    return load_answers(ANSWERS / path.relative_to(FOLDER))


def test_there_are_runbooks_and_each_has_answers() -> None:
    assert RUNBOOKS
    answered = sorted(path.relative_to(ANSWERS) for path in ANSWERS.rglob("*.yaml"))
    assert answered == [path.relative_to(FOLDER) for path in RUNBOOKS]


@each_runbook
def test_a_runbook_is_what_the_schema_says(path: Path) -> None:
    found = schema()
    Draft202012Validator.check_schema(found)
    problems = Draft202012Validator(found).iter_errors(plain(document(path.read_bytes())))
    assert [f"{problem.json_path}: {problem.message}" for problem in problems] == []


@each_runbook
def test_everything_that_asks_a_person_has_an_answer_and_nothing_else_has(path: Path) -> None:
    runbook, answers = load(path).runbook, answers_of(path)
    by_eye = {step.id for step in runbook.steps() if "'by_eye'" in repr(step.data.get("expect"))}
    asking = {step.id for step in runbook.steps() if step.driven_by != "engine"} | by_eye
    assert answers.steps.keys() == asking
    signed = {step: tuple(each.role for each in answer.sign_off) for step, answer in answers.steps.items()}
    assert {step.id: step.signatures for step in runbook.steps() if step.signatures} == {
        step: roles for step, roles in signed.items() if roles
    }


@each_runbook
def test_the_points_of_no_return_are_answered_for_this_very_plan(path: Path) -> None:
    loaded, answers = load(path), answers_of(path)
    points = [phase.id for phase in loaded.runbook.phases if phase.point_of_no_return]
    assert answers.point_of_no_return == dict.fromkeys(points, loaded.plan_digest)


@each_runbook
def test_every_phase_says_its_goal_its_person_its_time_and_its_way_back(path: Path) -> None:
    for phase in load(path).runbook.phases:
        assert all((phase.goal, phase.who, phase.estimate, phase.rollback, phase.application)), phase.id


@each_runbook
def test_what_cannot_be_taken_back_is_behind_the_point_of_no_return(path: Path) -> None:
    """A step of the engine with `restore` instead of `undo`."""
    passed = False
    for phase in load(path).runbook.phases:
        passed = passed or phase.point_of_no_return is not None
        assert passed or not [step.id for step in phase.steps if step.restore]
