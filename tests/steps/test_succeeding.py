"""What an application says to the database is tried, statement by statement, and leaves nothing behind."""

import pytest

from console.core.errors import CheckFailed
from console.core.observations import Measured
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of, the

ADD = "INSERT INTO users (id, account_id, email, balance) VALUES (1, 1, 'ada@example.org', 0)"
V1 = ("SELECT id, email FROM users WHERE id = 24", ADD, "DELETE FROM users")
FACTS = Facts(
    engine="sqlite",
    version="3",
    environment="staging",
    statements={"v1.0": V1, "v1.1": ("SELECT 1", "SELECT nick FROM users", ADD, "INSERT INTO userz VALUES (1)")},
)


async def test_all_statements_of_a_version_succeed_and_nothing_of_them_stays(site: Site) -> None:
    site.facts = FACTS
    before = site.ask("SELECT count(*), sum(balance) FROM users")
    items = await site.run(step_of(check={"succeeds": "v1.0"}))
    measured = the(Measured, items)
    assert (measured.check, measured.expected, measured.actual) == ("What v1.0 says succeeds", "all", "all 3")
    assert items[-1] == "all 3"
    assert site.ask("SELECT count(*), sum(balance) FROM users") == before


async def test_what_fails_is_told_with_its_place_and_the_others_are_tried_all_the_same(site: Site) -> None:
    site.facts = FACTS
    with pytest.raises(
        CheckFailed, match="expected all, found 2 of 4 fail – 2: no such column: nick; 4: no such table"
    ):
        await site.run(step_of(check={"succeeds": "v1.1"}))


async def test_statements_can_stand_in_the_check_itself(site: Site) -> None:
    step = step_of(check={"succeeds": [ADD]})
    assert step.asks_again
    assert step.title == f"{ADD[:59].rstrip()}… succeeds"
    assert (await site.run(step))[-1] == "all"
    with pytest.raises(CheckFailed, match="found 1 of 1 fails – 1: UNIQUE constraint"):
        await site.run(step_of(check={"succeeds": [ADD.replace("ada", "u1")]}))


async def test_a_version_of_which_there_is_nothing_is_no_pass(site: Site) -> None:
    with pytest.raises(CheckFailed, match=r"holds no statements of v9"):
        await site.run(step_of(check={"succeeds": "v9"}))


def test_a_preview_shows_what_is_tried() -> None:
    step = step_of(check={"succeeds": "v1.0"})
    preview = kind_of(step).preview(step, FACTS)
    assert preview.words == "Runs each statement by itself and rolls it back. Expected: all"
    assert preview.sql == ";\n".join(V1)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"succeeds": []}, "check: succeeds: of what"),
        ({"succeeds": " "}, "check: succeeds: of what"),
        ({"succeeds": ["SELECT 1; SELECT 2"]}, "check: succeeds: line 1: one statement is asked, here are 2"),
        ({"succeeds": ["COMMIT"]}, "check: succeeds: line 1: COMMIT makes no sense here"),
        ({"succeeds": ["VACUUM"]}, "check: succeeds: VACUUM cannot be rolled back, so it cannot be tried"),
        ({"succeeds": "v1.0", "index": "x"}, "exactly one subject, here is index and succeeds"),
    ],
)
def test_what_cannot_be_tried_is_refused(check: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        step_of(check=check)


def test_nothing_is_tried_on_a_database_that_is_only_read() -> None:
    with pytest.raises(ValueError, match="on: a statement is tried in main"):
        step_of(check={"succeeds": "v1.0"}, on="replica")
