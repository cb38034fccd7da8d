"""Who waits for whom is a tree that stays whole, whatever a server says; a step that waits is never one that works."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core import observations as o
from console.core.observations import ServerSession
from console.core.server_events import DebrisFound
from console.views.checklist import Checklist
from console.views.detail import Tab, detail
from console.views.ending_session import about, how_rows
from console.views.keys import Action, Desk, Key, keys
from console.views.lock_tree import blockers_of, tree_of
from console.views.locks import sessions_body
from console.views.nextup import next_up
from console.views.rows import Body, plain, texts
from console.views.status import lines, status
from tests.tui.test_hostile_text import PAYLOADS, unshowable
from tests.views import blocked
from tests.views.blocked import ALICE, INDEX, OURS, TREE, begun, building, crowd, ended, given_way, session
from tests.views.evening import OP, Evening


def shown(body: Body) -> str:
    return "\n".join(texts(body))


def row_of(told: Evening) -> str:
    phase = told.state.runbook.phase("expand")
    return plain(Checklist(told.state, phase, now=told.now)[0].right[0])


def pane(told: Evening, tab: Tab) -> str:
    return shown(detail(told.state, "add_column", tab, now=told.now))


def order(sessions: Sequence[ServerSession]) -> list[tuple[int, int, str]]:
    return [(each.pid, each.depth, each.role) for each in tree_of(sessions)]


def test_blockers_are_at_the_root_ours_beneath_them_and_those_behind_ours_beneath_it() -> None:
    assert order(TREE) == [
        (4711, 0, "blocks"),
        (4720, 1, "ours"),
        (4731, 2, "behind"),
        (4732, 2, "behind"),
        (4733, 2, "behind"),
    ]
    assert shown(sessions_body(TREE)).splitlines()[:5] == [
        "4711 psql (alice)  blocks · idle in transaction 12 s · from 10.0.0.7",
        "  SELECT * FROM users WHERE id = $1 FOR UPDATE",
        "└ 4720 runbook users-org-id-1 (runbook)  this step · active 0.1 s · waits for lock on table users",
        "    ALTER TABLE users ADD COLUMN org_id bigint",
        "  └ 4731 web (app)  waits behind · active 0.1 s · waits for lock on table users · from 10.0.1.1",
    ]


def test_what_waits_for_nobody_is_the_first_in_the_way() -> None:
    middle = session(4715, blocked_by=(4711,), seconds=900.0)
    found = blockers_of((replace(OURS, blocked_by=(4715,)), middle, ALICE))
    assert [each.pid for each in found] == [4711, 4715]


def test_a_hundred_sessions_stay_a_dozen_with_ours_and_what_it_waits_for_among_them() -> None:
    body = texts(sessions_body(crowd(100)))
    assert body[-1] == "and 88 more"
    assert sum("(app)" in each for each in body) == 12
    assert any("50 (app)  this step" in each for each in body)
    assert any("49 (app)  blocks" in each for each in body)
    assert max(len(each) for each in body) < 120


def test_a_deadlock_is_shown_once_round_and_said_to_be_one() -> None:
    circle = (session(1, blocked_by=(3,)), session(2, blocked_by=(1,), ours=True), session(3, blocked_by=(2,)))
    assert sorted(pid for pid, _, _ in order(circle)) == [1, 2, 3]
    assert shown(sessions_body(circle)).count("a deadlock: they wait for each other") == 3
    itself = (session(7, blocked_by=(7,), ours=True),)
    assert order(itself) == [(7, 0, "ours")]


def test_a_process_that_nobody_saw_has_a_place_in_the_tree() -> None:
    assert order((replace(OURS, blocked_by=(99,)),)) == [(99, 0, "blocks"), (4720, 1, "ours")]
    assert "process 99  not seen" in shown(sessions_body((replace(OURS, blocked_by=(99,)),)))
    assert "a prepared transaction  not seen" in shown(sessions_body((replace(OURS, blocked_by=(0,)),)))


def test_a_prepared_transaction_says_how_it_ends_and_that_no_session_is_to_be_ended() -> None:
    told = begun()
    gid = session(0, user="billing", query="tx-17", state="prepared", seconds=7200.0)
    told.tell(o.LockAwaited(step="add_column", tries=1, seconds=2.0, sessions=(gid, replace(OURS, blocked_by=(0,)))))
    assert "waits for a lock held by prepared transaction tx-17 (billing)" in row_of(told)
    assert "COMMIT PREPARED or ROLLBACK PREPARED" in pane(told, Tab.LOCKS)
    key = end_key(told)
    assert (key.enabled, key.reason) == (False, "a prepared transaction has no session")


@pytest.mark.parametrize("size", [1, 2, 13, 400])
def test_a_chain_and_a_crowd_of_any_length_are_drawn(size: int) -> None:
    everybody = tuple(session(pid, blocked_by=tuple(range(1, pid)), ours=pid == size) for pid in range(1, size + 1))
    for sessions in (crowd(size, ours=1), everybody):
        assert len(tree_of(sessions)) == size


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_what_a_server_says_of_its_sessions_is_harmless(text: str) -> None:
    hostile = session(5, user=text, application=text, address=text, state=text, waits_for=text, query=text)
    body = texts(sessions_body((hostile, replace(OURS, blocked_by=(5,)))))
    assert not list(unshowable("".join(body)))
    assert all(len(each) < 600 for each in body)


def test_a_step_that_waits_says_for_whom_in_the_checklist_and_in_the_status() -> None:
    told = blocked.waiting()
    words = "waits for a lock held by 4711 psql (alice), idle in transaction 12 s"
    assert row_of(told) == f"{words}; try 4, 12 s"
    now = status(told.state, now=told.now, engine=True)
    assert now.says == f"{words}; try 4, 12 s, 3 sessions wait behind"
    assert "in its way   4711 psql (alice), idle in transaction 12 s" in lines(now)
    assert now.lock is not None
    assert (now.lock.tries, now.lock.behind, [each.pid for each in now.lock.in_the_way]) == (4, 3, [4711])
    upcoming = plain(next_up(told.state, now=told.now).line)
    assert upcoming == (
        "waiting for 4711 psql (alice), idle in transaction 12 s: “Add users.org_id” — e can end that session"
    )
    assert "◌ waits for a lock" in pane(told, Tab.STEP)


def test_the_seconds_of_a_wait_go_on_between_two_looks() -> None:
    told = blocked.waiting()
    told.later(3)
    assert row_of(told).endswith("idle in transaction 15 s; try 4, 15 s")


def test_a_step_that_gave_way_says_when_it_tries_again() -> None:
    told = given_way()
    assert row_of(told).endswith("; try 4, next in 0.8 s")
    assert "try 4, 12 s, next in 0.8 s, 3 sessions waited behind" in pane(told, Tab.STEP)
    told.later(2)
    assert row_of(told).endswith("; try 4, next now")


def test_between_two_tries_a_pause_tries_nothing_and_says_so() -> None:
    told = given_way()
    told.do(c.Pause(), by=told.state.driver)
    told.later(60)
    found = status(told.state, now=told.now, engine=True)
    assert found.state == "paused"
    assert found.says.endswith("; it holds, and waits for a lock held by 4711 psql (alice), idle in transaction 12 s")


def test_what_a_session_that_runs_nothing_waits_for_is_its_application_and_not_said() -> None:
    (named, *_) = texts(sessions_body((replace(ALICE, waits_for="Client: ClientRead"), OURS)))
    assert named == "4711 psql (alice)  blocks · idle in transaction 12 s · from 10.0.0.7"


def test_the_dialog_advises_to_cancel_first_only_what_runs_a_statement() -> None:
    at_work = replace(ALICE, state="active", since="2026-03-14T00:59:15.993889Z", waits_for="IO: DataFileRead")
    assert "try it first" in plain(how_rows("cancel", at_work)[0].left)
    assert "try it first" not in plain(how_rows("cancel", ALICE)[0].left)
    assert texts(about(at_work, seen=True))[0] == "connected  2026-03-14 00:59:15, from 10.0.0.7"
    assert [each.split("  ")[0] for each in texts(about(at_work, seen=True))[1:]] == ["waits for", "statement"]
    idle = replace(ALICE, waits_for="Client: ClientRead")
    assert [each.split("  ")[0] for each in texts(about(idle, seen=True))[1:]] == ["last said"]


@pytest.mark.parametrize("tab", [Tab.STEP, Tab.LOCKS])
def test_the_tree_is_in_the_step_pane_without_being_asked_for_and_under_locks(tab: Tab) -> None:
    assert "└ 4720 runbook users-org-id-1 (runbook)  this step" in pane(blocked.waiting(), tab)


def test_when_it_went_on_the_wait_is_told_as_past() -> None:
    told = blocked.waiting()
    told.tell(o.ServerProgressed(step="add_column", doing="ALTER TABLE", seconds=0.4))
    assert row_of(told) == "ALTER TABLE  0.4 s"
    assert "waited for a lock: 4 tries, 12 s" in pane(told, Tab.LOCKS)
    assert "4711" not in pane(told, Tab.LOCKS)


def test_a_wait_that_the_server_confirms_stays_a_wait() -> None:
    told = blocked.waiting()
    told.tell(o.ServerProgressed(step="add_column", doing="ALTER TABLE", seconds=0.4, waits_for="lock on table users"))
    assert row_of(told).startswith("waits for a lock held by")


def test_what_the_server_says_is_a_bar_with_its_rate_and_the_time_left() -> None:
    told = building()
    assert row_of(told) == "█████░░░░░░░░░ 41 %  CREATE INDEX: scanning table  2.0 k blocks/s  30 s left  grown 1.2 GB"
    facts = " ".join(pane(told, Tab.STEP).split())
    assert "done 41,000 of 100,000 blocks, 41 % rate 2.0 k blocks/s left 30 s of this phase" in facts
    now = status(told.state, now=told.now, engine=True)
    assert now.says == "41 %  CREATE INDEX: scanning table  2.0 k blocks/s  30 s left  grown 1.2 GB"
    assert now.server is not None
    assert (now.server.share, now.server.rate, now.server.left) == (0.41, 2000.0, 29.5)


def test_without_a_view_of_its_progress_there_is_the_time_the_wait_and_the_growth() -> None:
    told = begun()
    seen = o.ServerProgressed(step="add_column", doing="ALTER TABLE", seconds=75.0, grown=1_200_000_000)
    told.tell(replace(seen, waits_for="IO DataFileRead"))
    assert row_of(told) == "ALTER TABLE  1:15  waits for IO DataFileRead  grown 1.2 GB"


def test_one_look_tells_no_rate() -> None:
    told = begun()
    told.tell(o.ServerProgressed(step="add_column", doing="VACUUM", seconds=60.0, done=50, total=100, unit="blocks"))
    assert row_of(told) == "███████░░░░░░░ 50 %  VACUUM  1:00"


def test_a_new_phase_begins_a_new_rate() -> None:
    told = building()
    told.tell(o.ServerProgressed(step="add_column", doing="CREATE INDEX: sorting", seconds=22.0, done=1, total=9))
    assert "left" not in row_of(told)


def end_key(told: Evening, *, account: str = OP, **more: bool) -> Key:
    found = keys(told.state, "add_column", desk=Desk(account=account, **more), now=told.now)
    return next(each for each in found if each.action is Action.END_SESSION)


def test_the_driver_can_end_a_session_while_a_step_waits_and_nobody_else() -> None:
    told = blocked.waiting()
    assert end_key(told).enabled
    assert end_key(told, account="dba1").reason == "op1 drives this run, not dba1"
    assert end_key(told, watching=True).reason == "this screen only watches"
    assert end_key(told, replaying=True).reason == "this is a replay: nothing can be changed"
    assert end_key(begun()).reason == "nothing waits for a lock"
    assert end_key(ended()).reason == "nothing waits for a lock"


def test_what_is_half_made_is_said_by_the_status_with_whose_it_is_and_how_it_goes() -> None:
    told = begun()
    said = lines(status(told.state, now=told.now, engine=True))
    first, second = [each for each in said if each.startswith("half-made")]
    assert first.endswith(
        "invalid index app.users_org_id on app.users, of step build_index of run users-org-id-0; "
        "DROP INDEX CONCURRENTLY app.users_org_id"
    )
    assert "nobody's that is known; ALTER TABLE app.users VALIDATE" in second


def test_what_a_step_left_half_made_is_in_its_pane() -> None:
    told = begun()
    assert "left half-made" not in pane(told, Tab.STEP)
    told.tell(DebrisFound(items=(replace(INDEX, run="users-org-id-1", step="add_column"),)))
    assert "DROP INDEX CONCURRENTLY app.users_org_id" in pane(told, Tab.STEP)


def test_what_a_step_under_way_said_last_is_seen_first_and_a_flood_is_bounded() -> None:
    told = begun()
    for number in range(1000):
        told.tell(o.Noticed(step="add_column", text=f"NOTICE: {number}"))
    seen = pane(told, Tab.RESULT).splitlines()
    assert seen[:2] == ["said  the latest first", "NOTICE: 999"]
    assert len(seen) <= 202
    assert "said  NOTICE: 999" in pane(told, Tab.STEP)
