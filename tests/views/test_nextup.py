"""The line of what is next names only keys that work for who sits there, and is cut before its key."""

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core.runbook import Phase
from console.tui.ink import fitted
from console.views.header import stand_row, title_row
from console.views.keybar import lost_row, next_row
from console.views.keys import Desk
from console.views.nextup import TITLE, next_up
from console.views.rows import plain
from console.views.text import cells
from console.views.timeline import Timeline
from tests.tui import migration, story
from tests.tui.scripted import START, ScriptedSession

OP1, DBA1 = Desk(account="op1"), Desk(account="dba1")
WATCHER = Desk(account="op1", watching=True)
LONG = "ALTER TABLE orders ADD COLUMN amount_cents INTEGER"


def said(session: ScriptedSession, desk: Desk) -> tuple[str, str]:
    found = next_up(session.run, now=session.time, desk=desk)
    return plain(found.line), found.key


def at_width(session: ScriptedSession, width: int, desk: Desk = OP1) -> str:
    shown = "".join(text for text, _ in fitted(next_row(session.run, now=session.time, desk=desk), width))
    assert cells(shown) == width
    return shown.rstrip()


def long_failure() -> ScriptedSession:
    steps = (migration.sql("add", LONG, "SELECT 1"),)
    session = ScriptedSession(migration.runbook(Phase(id="expand", title="Expand", steps=steps)))
    session.outcomes["add"] = (e.StepFailed(step="add", error="duplicate column name: " + "amount_cents " * 9),)
    session.do(c.StartStep(step="add"))
    return session


def test_the_line_is_cut_before_its_key_and_a_long_title_is_short_in_it() -> None:
    session = long_failure()
    assert at_width(session, 80).endswith("… — enter runs it again")
    assert f"“{LONG[: TITLE - 1]}…” failed: duplicate" in at_width(session, 120)
    session.play(e.UndoStarted(phase="expand", steps=("add",)), e.StepStarted(step="add", attempt=2, action="undo"))
    session.play(e.StepFailed(step="add", error="locked"))
    assert at_width(session, 80).endswith(" — u tries again")
    assert at_width(session, 80).startswith("next  Could not take back “ALTER TABLE orders")


@pytest.mark.parametrize("width", [80, 60, 40, 24])
def test_an_engine_that_is_gone_can_be_started_again_at_every_width(width: int) -> None:
    shown = "".join(text for text, _ in fitted(lost_row(START, now=START), width))
    assert cells(shown) == width
    assert shown.rstrip().endswith("r starts it again")


def test_a_step_waits_for_the_driver_on_the_screen_of_everybody_else() -> None:
    session = story.preflight(story.begun())
    for desk in (WATCHER, DBA1):
        assert said(session, desk) == ("Add users.org_id — waits for op1, who runs it", "")
    assert said(session, OP1) == ("Add users.org_id — enter runs it", "enter")


def test_a_pause_waits_for_the_driver_whoever_asked_for_it() -> None:
    session = story.begun()
    session.do(c.Pause(reason="pager"), by="dba1")
    assert said(session, DBA1) == ("paused by dba1: pager — waits for op1, who lets it go on", "")
    assert said(session, OP1) == ("paused by dba1: pager — p lets it go on", "p")


def test_a_checkpoint_names_who_may_sign_it_to_who_may_not() -> None:
    session = story.begun()
    session.do(c.ConfirmStep(step="snapshot", value="200000"))
    session.do(c.StartStep(step="users_rows"), c.StartStep(step="accounts_rows"))
    waits = "waits for: tech-lead (lead1), dba (dba1)"
    assert said(session, OP1)[0].endswith(f" — {waits}")
    assert said(session, Desk(account="dba1", watching=True))[0].endswith(" — enter signs")
    session.do(c.SignOff(step="go", role="dba"), by="dba1")
    assert said(session, DBA1)[0].endswith(" — waits for: tech-lead (lead1)")
    assert said(session, DBA1)[1] == ""


def test_a_waiver_is_agreed_to_by_anybody_but_who_asked() -> None:
    session = story.preflight(story.begun())
    session.do(c.Waive(step="add_column", reason="it is there"))
    assert said(session, OP1) == (
        "op1 asks to waive “Add users.org_id”: it is there — somebody else has to agree",
        "",
    )
    assert said(session, Desk(account="dba1", watching=True))[0].endswith("it is there — w agrees")


def test_the_head_of_a_small_terminal_says_that_it_watches() -> None:
    session = story.begun()
    session.do(c.Pause(reason="pager"), by="dba1")
    row = stand_row(session.run, account="dba1", mode="watching", now=session.time)
    assert "watching" in "".join(text for text, _ in fitted(row, 80))


@pytest.mark.parametrize(("engine", "name"), [("postgresql", "PostgreSQL"), ("mariadb", "MariaDB"), ("mysql", "MySQL")])
def test_the_head_spells_a_server_as_it_spells_itself(engine: str, name: str) -> None:
    run = story.begun().run
    target = replace(run.started.target, engine=engine, version="16.3")
    row = title_row(replace(run, started=replace(run.started, target=target)))
    assert f"{name} 16.3" in "".join(text for text, _ in fitted(row, 120))


def test_who_takes_over_is_named_once_in_the_timeline() -> None:
    session = story.begun()
    session.do(c.TakeOver(reason="asleep"), by="dba1")
    assert plain(Timeline(session.records, session.run.runbook)[-1].left).endswith(
        "dba1 took the driver's seat: asleep"
    )
