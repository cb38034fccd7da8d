"""Without a screen: what ends the program, and the exit status that a pipeline goes by."""

import sqlite3
from pathlib import Path

import pytest

from console.core.observations import WaitBegan
from tests.e2e.site import DATABASE, Site

pytestmark = pytest.mark.e2e

DONE, FAILED, WRONG, REFUSED, UNREACHABLE, IN_DOUBT, WAITING = 0, 1, 2, 3, 4, 5, 6

HEAD = f"""
runbook: small
title: A small one
engine: sqlite
risk: low
databases: {{main: env:{DATABASE}}}
people: {{"*": [operator, reviewer]}}
phases:
  - id: only
    title: Only
    steps:
"""


@pytest.fixture(autouse=True)
def database(here: Site) -> Path:
    """A database with one table."""
    with sqlite3.connect(here.database) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    connection.close()
    return here.database


def headless(here: Site, step: str, *, answers: str = "{}") -> tuple[int, str]:
    """Run a runbook of one step without a screen."""
    runbook, file = here.written("small.yaml", HEAD + f"      - {step}\n"), here.written("answers.yaml", answers)
    return here.call("run", str(runbook), "--headless", "--answers", str(file))


def test_a_run_that_is_done_ends_in_0_and_is_sealed(here: Site) -> None:
    status, said = headless(here, "{id: counted, title: Counted, check: SELECT count(*) FROM t, expect: 0}")
    assert (status, here.verdict().state) == (DONE, "sealed"), said
    assert "small-" in said
    assert str(here.run().journal) in said


def test_a_failed_check_ends_in_1_and_the_run_stays_open(here: Site) -> None:
    status, said = headless(here, "{id: counted, title: Counted, check: SELECT count(*) FROM t, expect: 7}")
    assert status == FAILED, said
    assert "7" in said
    assert here.state().ending is None


def test_hostile_text_of_a_failure_steers_no_terminal(here: Site) -> None:
    step = 'check: "SELECT char(27) || \']52;c;aGk=\' || char(7) || char(8238)", expect: "\\e[5m"'
    status, said = headless(here, '{id: odd, title: "\\e[31modd", ' + step + "}")
    assert status == FAILED, said
    assert "odd failed" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_a_refused_statement_ends_in_1_with_the_databases_own_words(here: Site) -> None:
    status, said = headless(here, "{id: twice, sql: CREATE TABLE t (id INTEGER), undo: DROP TABLE t}")
    assert status == FAILED, said
    assert "already exists" in said


def test_a_wrong_runbook_ends_in_2_with_its_line(here: Site) -> None:
    status, said = headless(here, "{id: odd, chekc: SELECT 1, expect: 1}")
    assert status == WRONG, said
    assert "small.yaml:12:19" in said
    assert here.all_runs() == []


def test_answers_that_are_no_answers_end_in_2_and_start_nothing(here: Site) -> None:
    status, said = headless(here, "{id: fine, check: SELECT 1, expect: 1}", answers="[1, 2]")
    assert status == WRONG, said
    assert "answers.yaml" in said
    assert here.all_runs() == []


def test_an_answer_that_nothing_asks_for_ends_in_2_and_starts_nothing(here: Site) -> None:
    status, said = headless(here, "{id: look, manual: Look at the pager}", answers="steps: {lok: {note: quiet}}")
    assert status == WRONG, said
    assert "lok is no step of small — did you mean look?" in said
    assert here.all_runs() == []


def test_an_answer_to_a_point_that_is_not_there_ends_in_2(here: Site) -> None:
    answers = f"point_of_no_return: {{only: {'0' * 64}}}"
    status, said = headless(here, "{id: fine, check: SELECT 1, expect: 1}", answers=answers)
    assert status == WRONG, said
    assert "only is no point of no return of small" in said
    assert here.all_runs() == []


def test_a_run_that_began_with_a_wrong_runbook_is_ended_by_the_answers_and_the_next_begins_with_the_right_one(
    here: Site,
) -> None:
    wrong, right = (f"{{id: n, check: SELECT count(*) FROM {table}, expect: 0}}" for table in ("tt", "t"))
    assert headless(here, wrong)[0] == FAILED
    status, said = headless(here, right)
    assert status == FAILED, said
    assert "the run goes on with the one it has, `runbook amend` changes it" in said
    status, said = headless(here, right, answers="abort: it asked another table")
    assert status == FAILED, said
    assert "the run was aborted by" in said
    status, said = headless(here, right)
    assert status == DONE, said
    assert len(here.all_runs()) == 2


def test_a_question_without_an_answer_is_refused_with_3(here: Site) -> None:
    status, said = headless(here, "{id: look, manual: Look at the pager}")
    assert status == REFUSED, said
    assert "look" in said


def test_the_same_run_goes_on_once_the_answer_is_there(here: Site) -> None:
    step = "{id: look, manual: Look at the pager}"
    assert "started the run" in headless(here, step)[1]
    status, said = headless(here, step, answers="steps: {look: {note: it is quiet}}")
    assert status == DONE, said
    assert "started the run" not in said  # what was told before is not told again
    assert len(here.all_runs()) == 1


def test_a_database_that_is_not_there_ends_in_4_and_is_not_made(here: Site) -> None:
    here.database.unlink()
    status, said = headless(here, "{id: fine, check: SELECT 1, expect: 1}")
    assert status == UNREACHABLE, said
    assert str(here.database) in said
    assert not here.database.exists()


def test_a_missing_signature_ends_in_6(here: Site) -> None:
    status, said = headless(here, "{id: sign, sign_off: The table is empty}")
    assert status == WAITING, said
    assert "reviewer" in said


def test_a_long_wait_ends_in_6_and_its_end_holds_over_restarts(here: Site) -> None:
    step = "{id: soak, wait: 2h}"
    first, said = headless(here, step)
    again, _ = headless(here, step)
    assert (first, again) == (WAITING, WAITING), said
    assert sum(isinstance(event, WaitBegan) for event in here.events()) == 1


def test_nothing_of_a_bad_end_is_a_traceback(here: Site) -> None:
    for step in ("{id: a, sql: NONSENSE, undo: SELECT 1}", "{id: b, check: SELECT x FROM nowhere, expect: 1}"):
        _, said = headless(here, step)
        assert "Traceback" not in said


def test_the_demo_runs_through_without_a_screen(here: Site) -> None:
    status, said = here.call("demo", "--headless")
    assert status == DONE, said
    assert here.verdict().state == "sealed"
