"""A report says what happened, for those who were not there; nothing that others wrote becomes markup in it."""

import re
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from console.core import commands as c
from console.core import events as e
from console.core.errors import JournalError
from console.core.runbook import Runbook
from console.views.json_text import as_json
from console.views.report import Integrity, Report, report
from console.views.report_markdown import markdown
from tests.views.blocked import ended
from tests.views.evening import DOCUMENT, OP, Evening, before_the_point, whole

GOLDEN = Path(__file__).parent / "golden"
SEALED = Integrity(state="sealed", records=60, head="abc123")

HOSTILE = (
    "[red]x[/]",
    "<script>alert(1)</script>",
    "a | b || c",
    "`rm -rf`",
    "**bold** _it_ ~~gone~~ $x$",
    "[click](http://evil.example)",
    "![img](x.png)",
    "http://evil.example www.evil.example a@evil.example",
    "line\nbreak\r\n# heading\n\n- item",
    "\x1b[2J\x9b1m\x00\x07 \u202eevil",
    "\\| \\",
    "&lt;b&gt;",
    "a" * 100_000,
)


def made(told: Evening) -> Report:
    return report(told.records, SEALED)


@pytest.mark.parametrize("form", ["md", "json"])
def test_the_report_of_an_evening_is_as_it_was_agreed(form: str) -> None:
    written = made(whole())
    text = markdown(written) if form == "md" else as_json(written).decode()
    assert text == (GOLDEN / f"evening.{form}").read_text(encoding="utf-8")


def test_the_report_of_a_step_that_waited_says_for_whom_and_who_was_put_out_of_its_way() -> None:
    text = markdown(made(ended()))
    assert text == (GOLDEN / "blocked.md").read_text(encoding="utf-8")


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(JournalError, match="no record"):
        report([], SEALED)


def test_every_prefix_of_a_journal_has_a_report() -> None:
    records = whole().records
    for length in range(1, len(records) + 1):
        written = report(records[:length], SEALED)
        assert markdown(written)
        assert as_json(written)


def test_an_open_run_has_no_due_dates_and_says_that_it_is_open() -> None:
    written = made(before_the_point())
    assert written.summary.outcome.word == "open"
    assert [due.on for due in written.summary.follow_ups] == [None, None]
    assert "**open**, last record at" in markdown(written)


def test_an_aborted_run_says_who_and_why() -> None:
    told = Evening()
    told.do(c.Abort(reason="the window is over"), by=OP)
    assert f"by {OP}: the window is over" in markdown(made(told))


def test_a_broken_journal_is_said_at_the_top() -> None:
    broken = Integrity(state="broken", records=7, head="", why="record 8 was changed")
    top, _, _ = markdown(report(whole().records, broken)).partition("##")
    assert "BROKEN — record 8 was changed" in top


def test_time_that_no_engine_lived_is_not_counted_as_time_at_a_step() -> None:
    steps = {step.id: step for phase in made(whole()).summary.phases for step in phase.steps}
    assert steps["fill_org"].actual == 40 + 61
    assert steps["fill_org"].attempts == 2


def test_a_signature_under_a_checkpoint_that_was_taken_back_does_not_hold() -> None:
    told = before_the_point()
    unfilled = Evening()
    assert [each.holds for each in made(told).signatures] == [True, True]
    assert made(unfilled).signatures == ()


def tokens(text: str) -> list[Token]:
    """Return what a reader of GitHub's dialect with links makes of a text, with what is inside of lines."""
    return [inner for token in MarkdownIt("gfm-like").parse(text) for inner in (token, *(token.children or ()))]


def hostile(text: str) -> Evening:
    """Tell a run in which one text stands wherever somebody may write."""
    fields = {"title": text, "why": text, "ticket": text, "service": text, "author": text}
    raw = msgspec.json.decode(msgspec.json.encode(DOCUMENT)) | fields
    raw["phases"][0] |= {"title": text, "goal": text}
    raw["phases"][0]["steps"][0] |= {"title": text}
    told = Evening(msgspec.convert(raw, Runbook))
    told.do(c.AddNote(text=text, step="backup"), by=OP)
    told.do(c.ConfirmStep(step="backup", value=text, note=text), by=OP)
    told.do(c.StartStep(step="users_rows"), by=OP)
    told.tell(e.StepFailed(step="users_rows", error=text, remedy=text))
    told.tell(e.RunAborted(reason=text), by=OP)
    return told


def _without_repeats(types: list[str]) -> list[str]:
    """Return the types without a type that follows itself: text with an escape in it is several pieces of text."""
    return [each for each, before in zip(types, ["", *types], strict=False) if each != before]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_markdown(text: str) -> None:
    written = markdown(made(hostile(text)))
    harmless = markdown(made(hostile("harmless")))
    shapes = [[token.type for token in tokens(each) if token.type != "text_special"] for each in (written, harmless)]
    assert _without_repeats(shapes[0]) == _without_repeats(shapes[1])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written)
    assert len(written) < 100_000


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_whole_in_json_and_steers_no_terminal(text: str) -> None:
    written = as_json(made(hostile(text)))
    assert msgspec.json.decode(written)["header"]["title"] == text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written.decode())
