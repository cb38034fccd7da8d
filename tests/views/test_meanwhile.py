"""Whoever comes back is told what happened meanwhile."""

from console.core import commands as c
from console.core import events as e
from console.views.meanwhile import meanwhile
from tests.views.evening import DOCUMENT, OP, Evening


def told(evening: Evening, account: str = OP) -> str:
    line = meanwhile(evening.records, DOCUMENT, account=account, until=evening.now)
    return "".join(span.text for span in line)


def started() -> Evening:
    evening = Evening()
    evening.do(c.ConfirmStep(step="backup", value="app.db"), by=OP)
    return evening


def test_nothing_is_told_while_nothing_happened() -> None:
    assert told(started()) == ""


def test_a_killed_engine_and_what_was_found_out_are_told() -> None:
    evening = started()
    evening.do(c.StartStep(step="users_rows"), by=OP)
    evening.later(60)
    evening.crash()
    evening.tell(e.StepSettled(step="users_rows", happened="no", evidence="it only reads"))
    assert told(evening) == (
        "since op1's last act at 22:00:00: the engine was killed and started again"
        " · Number of users was in doubt, it had not happened"
    )


def test_an_engine_that_stopped_in_good_order_was_not_killed() -> None:
    evening = started()
    evening.tell(e.EngineStopped(reason="nothing to do and nobody attached"))
    evening.crash()
    assert told(evening) == ""


def test_what_others_did_is_told_and_only_until_one_came_back() -> None:
    evening = started()
    evening.do(c.AddNote(text="pager quiet"), by="dba1")
    evening.do(c.Pause(), by="dba1")
    back = evening.now
    evening.later(5)
    evening.do(c.AddNote(text="welcome"), by="dba1")
    line = meanwhile(evening.records, DOCUMENT, account=OP, until=back)
    assert "".join(span.text for span in line).endswith("dba1 noted something · dba1 paused")


def test_of_much_that_happened_the_last_is_told_and_the_rest_counted() -> None:
    evening = started()
    for _ in range(7):
        evening.do(c.AddNote(text="x"), by="dba1")
    assert told(evening).endswith("· and 3 more")


def test_who_never_did_anything_is_told_nothing() -> None:
    assert told(started(), account="stranger") == ""
