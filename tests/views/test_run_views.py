"""The panes in words, from journals that the real decider and the real fold made."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import Phase
from console.views.checklist import Checklist
from console.views.detail import Tab, detail
from console.views.film import next_signature, next_trouble, position_of
from console.views.header import is_production, stand_row, title_row
from console.views.lookback import lookback_body
from console.views.nextup import next_up
from console.views.phases import phase_rows
from console.views.point import point_body, reading_list
from console.views.progress import seconds_left
from console.views.rows import Body, Code, Row, plain
from console.views.timeline import Timeline, news
from console.views.undo_price import undo_lines
from console.views.way_back import way_back_body
from tests.tui import migration, story
from tests.tui.scripted import START, ScriptedSession


def filling() -> ScriptedSession:
    return story.filling(story.preflight(story.begun()))


def before_the_point() -> ScriptedSession:
    return story.enforced(filling())


def words(body: Body) -> str:
    return "\n".join(part.text if isinstance(part, Code) else plain(part) for part in body)


def shown(row: Row) -> str:
    return f"{plain(row.left)} | {plain(row.right[0]) if row.right else ''}"


def phase_of(session: ScriptedSession, phase: str) -> Phase:
    return session.run.runbook.phase(phase)


def test_a_checklist_says_of_every_step_how_far_it_is_or_why_not() -> None:
    session = filling()
    rows = [shown(each) for each in Checklist(session.run, phase_of(session, "backfill"), now=session.time)]
    assert rows[0].startswith(
        "✔ v1.1 writes both columns on every instance | v1.1 on 12 of 12 instances · confirmed op1"
    )
    assert rows[1] == "► Fill users.org_id | ████████░░░░░░ 63 %  41 k rows/s  1.8 s left  batch 9.0 k"
    assert rows[2] == "⊘ No row is left unfilled | waits for 'Fill users.org_id'"


def test_a_checklist_of_a_thousand_steps_makes_only_the_rows_that_are_looked_at() -> None:
    steps = tuple(migration.person(f"s{number}", f"Step {number}") for number in range(1000))
    session = ScriptedSession(migration.runbook(Phase(id="long", title="Long", steps=steps)))
    rows = Checklist(session.run, phase_of(session, "long"), now=START)
    assert len(rows) == 1000
    assert shown(rows[999]) == "⊘ Step 999 | waits for 'Step 0'"
    assert rows.keys()[999] == "s999"


def test_the_point_of_no_return_is_a_row_of_its_own_before_its_phase() -> None:
    session = before_the_point()
    assert [plain(each.left).strip() for each in phase_rows(session.run, now=session.time)] == [
        "✔ Pre-flight",
        "✔ Expand",
        "✔ Backfill",
        "✔ Enforce",
        "━ point of no return",
        "► Contract",
    ]
    story.contracted(session)
    assert "━ passed 01:15" in plain(phase_rows(session.run, now=session.time)[4].left)


@pytest.mark.parametrize(
    ("moment", "next_words", "key"),
    [
        (story.begun(), "The backup was restored into a scratch … — enter confirms it", "enter"),
        (story.preflight(story.begun()), "Add users.org_id — enter runs it", "enter"),
        (filling(), "running “Fill users.org_id”  then No row is left unfilled", ""),
        (before_the_point(), "The point of no return before Contract — enter opens its dialog", "enter"),
        (story.contracted(before_the_point()), "Everything is done — f looks back and closes the run", "f"),
    ],
)
def test_what_is_next_is_said_with_its_key(moment: ScriptedSession, next_words: str, key: str) -> None:
    upcoming = next_up(moment.run, now=moment.time)
    assert (plain(upcoming.line), upcoming.key) == (next_words, key)


def test_next_is_to_settle_to_unpause_to_wait_or_to_run_again() -> None:
    session = filling()
    session.play(e.StepLost(step="fill", error="gone"))
    upcoming = plain(next_up(session.run, now=session.time).line)
    assert "The engine asks the database whether “Fill users.org_id” happened, until it answers" in upcoming
    session.play(e.StepSettled(step="fill", happened="unknown", evidence="nothing can tell"))
    assert "Find out whether “Fill users.org_id” happened" in plain(next_up(session.run, now=session.time).line)
    session.play(e.StepSettled(step="fill", happened="no", evidence="looked"))
    assert "“Fill users.org_id” is held, 63 % done" in plain(next_up(session.run, now=session.time).line)
    session.do(c.Pause(reason="pager"))
    assert "paused by op1: pager — p" in plain(next_up(session.run, now=session.time).line)
    session.do(c.Unpause())
    session.do(c.StartStep(step="fill"))
    session.play(e.StepFailed(step="fill", error="disk full"))
    assert "“Fill users.org_id” failed: disk full — enter runs it again" in plain(
        next_up(session.run, now=session.time).line
    )
    soaking = before_the_point()
    soaking.later(minutes=-9)
    assert "soaks for 10m after enforce" in plain(next_up(soaking.run, now=soaking.time).line)


def test_while_a_phase_is_undone_the_next_step_back_is_next() -> None:
    session = filling()
    session.holding = {"fill"}
    session.play(e.StepSucceeded(step="fill"))
    session.play(e.UndoStarted(phase="backfill", steps=("fill", "dual_write")))
    session.play(e.StepStarted(step="fill", attempt=2, action="undo"))
    assert plain(next_up(session.run, now=session.time).line).startswith("taking back “Fill users.org_id”  then v1.1")


def test_an_undo_that_a_crash_cut_off_is_gone_on_with_by_a_person() -> None:
    session = filling()
    session.play(e.StepSucceeded(step="fill"))
    session.play(e.UndoStarted(phase="backfill", steps=("fill",)))
    session.play(e.EngineStarted(pid=1, host="h", epoch=2))
    upcoming = next_up(session.run, now=session.time)
    assert (plain(upcoming.line), upcoming.key) == (
        "To be taken back next: “Fill users.org_id” — u goes on with the undo",
        "u",
    )


def test_the_price_of_going_back_is_what_was_written_and_after_the_point_there_is_none() -> None:
    session = filling()
    assert plain(undo_lines(session.run, now=session.time)[0]) == "undo now: 2 steps of Backfill, 126,000 rows"
    assert "126,000 rows written" in words(way_back_body(session.run, now=session.time))
    story.contracted(story.enforced(session))
    assert plain(undo_lines(session.run, now=session.time)[1]) == "undo: impossible since 01:15"
    assert "restore the backup of the step" in words(way_back_body(session.run, now=session.time))


def test_rows_that_have_no_way_back_are_not_in_its_price() -> None:
    session = filling()
    book = session.run.runbook
    bare = [replace(each, steps=tuple(replace(step, undo="") for step in each.steps)) for each in book.phases]
    run = replace(session.run, runbook=replace(book, phases=tuple(bare)))
    assert plain(undo_lines(run, now=session.time)[0]) == "undo now: 2 steps of Backfill"
    shown = words(way_back_body(run, now=session.time))
    assert "nothing to take back" in shown
    assert "rows" not in shown.partition("Baselines")[0]


def test_the_header_says_which_run_where_whose_and_how_long_the_window_is() -> None:
    session = story.begun(environment="production")
    assert is_production(session.run)
    assert "PRODUCTION  app.db on db1  SQLite 3.45.1" in shown(title_row(session.run))
    stand = shown(stand_row(session.run, account="dba1", mode="", now=session.time))
    assert stand.startswith("driver op1  you dba1  window 01:00–03:00  left 2:00:00")
    session.later(hours=2, minutes=5)
    late = shown(stand_row(session.run, account="op1", mode="", now=session.time))
    assert "over since 5:00" in late


def test_the_tabs_say_what_a_step_does_locks_showed_and_how_it_is_taken_back() -> None:
    session = story.preflight(story.begun())
    session.do(c.StartStep(step="add_column"))
    bodies = {tab: words(detail(session.run, "add_column", tab, now=session.time)) for tab in Tab}
    assert "✔ done  Add users.org_id" in bodies[Tab.STEP]
    assert "ADD COLUMN org_id" in bodies[Tab.SQL]
    assert "statement 1 of 1" in bodies[Tab.RESULT]
    assert "DROP COLUMN org_id" in bodies[Tab.UNDO]
    assert "lock" in bodies[Tab.LOCKS]


def test_a_step_of_an_unknown_kind_can_still_be_looked_at() -> None:
    step = migration.sql("s", "From a later version", "SELECT 1")
    strange = type(step)(id="s", title="From a later version", kind="teleport", data={"teleport": 1})
    session = ScriptedSession(migration.runbook(Phase(id="one", title="One", steps=(strange,))))
    assert "cannot say what a step of the kind 'teleport' does" in words(detail(session.run, "s", Tab.STEP, now=START))


def test_a_point_says_what_is_lost_and_what_is_asked_again() -> None:
    session = before_the_point()
    body = words(point_body(session.run, phase_of(session, "contract"), now=session.time))
    assert "users.account_id and its data are gone" in body
    assert "As many users as before  last answer 200000" in body
    assert "Rows of users     200000" in words(reading_list(session.run))


def test_a_point_says_what_was_left_out_on_the_way() -> None:
    session = story.begun()
    session.do(c.MarkNotApplicable(step="snapshot", reason="the copy of last night is restored already"))
    body = words(point_body(session.run, phase_of(session, "contract"), now=session.time))
    assert "Not as planned" in body
    assert "did not apply, the copy of last night is restored already (op1)" in body


def test_a_point_says_when_the_way_back_was_open_for_less_than_is_usual() -> None:
    session = before_the_point()
    phase = phase_of(session, "contract")
    early = words(point_body(session.run, phase, now=session.time))
    assert "Soon                  Enforce was completed" in early
    assert f"at risk {session.run.runbook.risk} the way back usually stays open for" in early
    assert "was completed" not in words(point_body(session.run, phase, now=session.time + timedelta(days=15)))


def test_every_record_of_a_night_has_words() -> None:
    session = story.contracted(before_the_point())
    session.do(c.Finish(note="quiet night"))
    rows = [plain(each.left) for each in Timeline(session.records, session.run.runbook)]
    assert all(len(each) > len("01:00:00 ") for each in rows)
    assert "01:15:54 op1 passed the point of no return before Contract" in rows
    assert rows[-2:] == ["01:16:26 op1 finished the run: quiet night", "01:16:26 sealed after 63 records"]


def test_every_kind_of_event_has_words() -> None:
    session = filling()
    said = Timeline(session.records, session.run.runbook)
    examples: tuple[e.AnyEvent, ...] = (
        e.EngineStarted(pid=1, host="h", epoch=2, torn_bytes=17),
        e.EngineStopped(reason="nothing to do"),
        e.DriverChanged(driver="dba1", reason="handing over"),
        e.StepCancelRequested(step="fill"),
        e.StepCancelled(step="fill", summary="stopped"),
        e.StepInterrupted(step="fill", reason="paused"),
        e.StepLost(step="fill", error="gone"),
        e.StepSettled(step="fill", happened="partly", evidence="seen"),
        e.StepConfirmed(step="fill", action="undo"),
        e.StepRejected(step="fill", reason="no"),
        e.StepNotApplicable(step="fill", reason="no"),
        e.PointOfNoReturnLeft(phase="contract"),
        e.UndoStarted(phase="expand", steps=("add_column",)),
        e.UndoVerified(phase="expand", checks=(("schema", "a", "b", False),)),
        e.Paused(reason="pager"),
        e.Unpaused(),
        e.RunAborted(reason="enough"),
        o.WaitBegan(step="fill", until=START),
        o.Noticed(step="fill", text="hello"),
        o.Sampled(step="fill", columns=("a",), rows=(("1",),)),
        o.StepPutToPerson(step="fill", question="right?"),
        o.Measured(step="fill", check="a", expected="1", actual="2", passed=None),
    )
    for event in examples:
        assert plain(said.words(e.Record(seq=99, at=START, by="op1", event=event)))


def test_the_news_have_one_line_for_the_progress_of_a_step() -> None:
    session = filling()
    kinds = [type(each.event) for each in news(session.records, lines=4)]
    assert kinds == [e.Noted, o.Progressed, e.StepStarted, e.StepConfirmed]


def test_a_film_is_searched_by_number_time_failure_and_signature() -> None:
    session = story.preflight(story.begun())
    film = session.records
    assert position_of(film, "3", now=START) == 3
    assert position_of(film, "9999", now=START) == len(film)
    assert film[(position_of(film, "01:01:22", now=START) or 0) - 1].by == "lead1"
    assert position_of(film, "23:00", now=START) == len(film)
    assert position_of(film, "25:61", now=START) is None
    assert position_of(film, "later", now=START) is None
    assert next_trouble(film, 1) is None
    signed = next_signature(film, 1)
    assert signed
    assert isinstance(film[signed - 1].event, e.SignedOff)


def test_the_look_back_has_durations_checks_and_what_is_due() -> None:
    session = story.contracted(before_the_point())
    session.do(c.Finish())
    page = words(lookback_body(session.run, session.records, now=session.time))
    assert "✔ Finished by op1, 01:16" in page
    assert "14 done" in page
    assert "Tell analytics that account_id is gone  by 21 Nov 2026 01:16" in page


def test_the_time_left_is_known_as_far_as_the_observations_tell() -> None:
    assert seconds_left(o.Progressed(step="x", done=50, total=100, rate=10.0)) == 5.0
    assert seconds_left(o.Progressed(step="x", done=50, fraction=0.25, rate=10.0)) == 15.0
    assert seconds_left(o.Progressed(step="x", done=50)) is None


@pytest.mark.parametrize("tab", [Tab.SQL, Tab.LOCKS])
def test_a_check_of_a_subject_does_not_claim_to_run_no_sql(tab: Tab) -> None:
    data = {"check": {"foreign_keys": "all"}, "expect": "valid"}
    asked = replace(migration.check("fk", "No reference is broken", "SELECT 1"), data=data)
    told = migration.person("told", "Tell the channel")
    session = ScriptedSession(migration.runbook(Phase(id="only", title="Only", steps=(asked, told))))
    assert "only reads" in words(detail(session.run, "fk", tab, now=START))
    assert "runs no SQL" in words(detail(session.run, "told", tab, now=START))
