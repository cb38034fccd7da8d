"""Amendments, waivers and phase entries are in every report, and whatever was dropped can still be told of."""

import re

import pytest
from msgspec import json
from msgspec.structs import replace

from console.core import commands as c
from console.core.evolve import fold
from console.views.changes import Changes, changes
from console.views.detail import Tab, detail
from console.views.deviations import deviations
from console.views.film import next_signature, next_trouble
from console.views.json_text import as_json
from console.views.lookback import lookback_body
from console.views.meanwhile import meanwhile
from console.views.report import report
from console.views.report_markdown import markdown
from console.views.rows import plain, texts
from console.views.search import found_after
from console.views.timeline import Timeline
from console.views.titles import titles_of
from tests.views.changed import AMENDED, BEGUN, REASON, amended, approve, kept_out, proposed, signed
from tests.views.evening import DBA, LEAD, OP, Evening
from tests.views.test_report import HOSTILE, SEALED, _without_repeats, made, tokens


def told_of(told: Evening) -> Changes:
    return changes(told.records, titles_of(told.state.runbook, told.records))


def test_an_amendment_is_reported_with_its_people_its_reason_and_its_difference() -> None:
    first, withdrawn, second = told_of(amended()).amendments
    assert (first.by, first.reason, first.roles) == (OP, REASON, ("tech-lead", "dba"))
    assert [(each.account, each.role, each.note) for each in first.approvals] == [
        (DBA, "dba", "read twice"),
        (LEAD, "tech-lead", ""),
    ]
    assert [(each.what, each.where) for each in first.difference] == [
        ("added", "step “A look at the logs” (extra) in EXPAND"),
        ("added", "step “Notes are written” (notes) in EXPAND"),
    ]
    assert (first.outcome, withdrawn.outcome, second.outcome) == ("in effect", "withdrawn", "in effect")
    assert (withdrawn.ended_by, withdrawn.why, withdrawn.approvals) == (OP, REASON, ())


def test_signatures_that_an_amendment_touched_are_told_as_lapsed() -> None:
    told = amended()
    first = told_of(told).amendments[0]
    assert [(each.title, each.account) for each in first.lapsed] == [
        ("Ready to change production", DBA),
        ("Ready to change production", LEAD),
    ]
    assert [(each.holds, each.lapsed) for each in made(told).signatures] == [(False, True)] * 4 + [(True, False)] * 2
    lapsed = [each for each in deviations(told.state.runbook, told.records) if each.what == "signature lapsed"]
    assert [each.text.split(":")[0] for each in lapsed[:2]] == ["of dba1 as dba", "of lead1 as tech-lead"]


def test_an_amendment_that_another_replaced_or_that_the_run_outlived_is_told_as_that() -> None:
    told = proposed()
    told.do(replace(amendment(told), source_digest="other", reason="better"), by=OP)
    told.do(c.Abort(reason="no time"), by=OP)
    assert [each.outcome for each in told_of(told).amendments] == ["replaced", "ended with the run"]


def amendment(told: Evening) -> c.AmendTo:
    waiting = told.state.amendment
    assert waiting is not None
    event = waiting.proposed
    return c.AmendTo(
        runbook=event.runbook,
        source=event.source,
        source_name=event.source_name,
        source_digest=event.source_digest,
        plan_digest=event.plan_digest,
        reason=event.reason,
    )


def test_a_waiver_is_reported_with_who_asked_why_and_who_agreed() -> None:
    (waived,) = told_of(amended()).waivers
    assert (waived.title, waived.reason, waived.asked_by) == ("Notes are written", REASON, OP)
    assert (waived.agreed_by, waived.note, waived.outcome) == (DBA, "read twice", "waived")
    assert waived.agreed_at is not None
    assert waived.agreed_at > waived.asked_at
    assert made(amended()).summary.steps_waived == 1
    assert "1 waived" in markdown(made(amended()))


def test_a_waiver_that_nobody_agreed_to_and_one_that_was_taken_back_are_told_as_that() -> None:
    told = signed()
    told.do(c.Waive(step="add_column", reason="it is there"), by=OP)
    assert [each.outcome for each in told_of(told).waivers] == ["not agreed"]
    told.do(c.Waive(step="add_column"), by=DBA)
    told.do(c.UndoPhase(phase="expand", typed="expand"), by=OP)
    assert [each.outcome for each in told_of(told).waivers] == ["taken back"]


def test_a_gate_that_turned_red_at_the_entry_of_a_phase_is_in_report_and_deviations() -> None:
    told = kept_out()
    (entry,) = told_of(told).entries
    assert (entry.title, entry.outcome) == ("EXPAND", "not entered")
    assert [(each.title, each.passed, each.actual) for each in entry.gates] == [("Number of users", False, "7")]
    said = {(each.title, each.what) for each in deviations(told.state.runbook, told.records)}
    assert said >= {("Number of users", "gate was red"), ("EXPAND", "not entered")}
    assert next_trouble(told.records, 1) == len(told.records)


def test_an_entry_that_ends_with_its_engine_was_given_up() -> None:
    told = signed()
    told.ask(c.StartStep(step="add_column"), by=OP)
    told.crash()
    assert [each.outcome for each in told_of(told).entries] == ["given up"]


def test_every_prefix_of_an_amended_run_has_every_view() -> None:
    records = amended().records
    for length in range(1, len(records) + 1):
        film = records[:length]
        state = fold(film)
        assert state is not None
        written = report(film, SEALED)
        assert markdown(written)
        assert as_json(written)
        assert lookback_body(state, film, now=state.at)
        assert len([plain(row.left) for row in Timeline(film, state.runbook)]) == length
        meanwhile(film, state.runbook, account=OP, until=state.at)
        for step in state.steps:
            assert all(detail(state, step, tab, now=state.at) for tab in Tab)


def test_a_dropped_step_is_called_by_its_title_in_the_records_about_it() -> None:
    told = amended()
    assert "extra" not in told.state.steps
    rows = "\n".join(plain(row.left) for row in Timeline(told.records, told.state.runbook))
    assert "A look at the logs failed: no such table: logs" in rows
    assert [note.title for note in made(told).notes] == ["A look at the logs"]
    assert found_after(told.state.runbook, "logs", "") is None
    last = plain(Timeline(told.records[-20:], BEGUN)[0].left)
    assert last


def test_the_story_is_told_to_whoever_comes_back_and_in_the_look_back() -> None:
    told = amended()
    line = plain(meanwhile(told.records[:12], told.state.runbook, account=OP, until=told.now))
    assert "dba1 approved the amendment as dba" in line
    page = "\n".join(texts(lookback_body(told.state, told.records, now=told.now)))
    assert f"amendment proposed: {REASON}" in page
    assert "Notes are written waived" in page
    signed_at = next_signature(told.records, 10)
    assert signed_at is not None
    row = Timeline(told.records, AMENDED)[signed_at - 1]
    assert plain(row.left).endswith("approved the amendment as dba: read twice")


@pytest.mark.parametrize("text", [text for text in HOSTILE if any(each.isalnum() for each in text)])
def test_hostile_text_in_amendments_and_waivers_is_text_in_markdown_and_json(text: str) -> None:
    hostile, harmless = (markdown(made(amended(reason=each, note=each))) for each in (text, "harmless"))
    shapes = [[token.type for token in tokens(each) if token.type != "text_special"] for each in (hostile, harmless)]
    assert _without_repeats(shapes[0]) == _without_repeats(shapes[1])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", hostile)
    assert json.decode(as_json(made(amended(reason=text))))["waivers"][0]["reason"] == text


def test_only_an_amendment_in_effect_makes_the_report_speak_of_another_runbook() -> None:
    assert "| amended |" not in markdown(made(proposed()))
    told = proposed()
    approve(told, "first")
    assert "| amended | 1 time: what follows is of the runbook as it is now |" in markdown(made(told))
