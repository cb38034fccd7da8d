"""Text that others wrote is data in every pane: no control byte, no markup, no action, no crash, no shifted column."""

import unicodedata
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.identity import Identity
from console.core.runbook import Confirm, FollowUp, Phase, PointOfNoReturn, Runbook
from console.sessions import Replay
from tests.tui import migration as m
from tests.tui.driver import Person, console
from tests.tui.scripted import ScriptedSession

PAYLOADS = {
    "markup": "[red]x[/] [@click=app.quit]name[/] [ @click=app.quit]y[/] [/ \\",
    "escape": "\x1b[2J\x1b[HHACKED \x1b]0;pwn\x07 \x1bc \x1b[?1049l \x9b2J \x9d0;pwn\x9c",
    "controls": "a\x00b\x07c\x08d\x0be\x0cf\rg\x7fh\ti\nj\x85k",
    "wide": "数据库迁移 한국어 \uff46\uff55 🙂 👩‍👩‍👧 1️⃣ ⚠️ ☰",
    "right to left": "\u202eevil\u202c שלום \u2066x\u2069 مرحبا",
    "zero width": "a\u200bb\u200dc\ufeffd\u2060e e\u0301 ﷽",
    "surrogate": "lone \ud800 private \ue000 nonchar \ufdd0 tag \U000e0041",
    "long": "x" * 1_000_000,
}

every_payload = pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())


def hostile_runbook(text: str) -> Runbook:
    short = text[:2000]
    steps = (
        m.person("ask", text, observe=text, expect=text, undo=text, note=text, who=text),
        m.sql("change", text, f"UPDATE t SET a = '{short}' -- {short}", undo=f"-- {short}\nSELECT 1"),
        m.baseline("value", text, f"SELECT '{short}'"),
        m.check("compare", text, f"SELECT '{short}'", text),
        m.signed("go", text, "dba"),
    )
    point = PointOfNoReturn(consequence=text, restore=text, confirm=Confirm(baseline="value"), gates=("compare",))
    phase = Phase(id="first", title=text, steps=steps, goal=text, application=text, deploy=text, rollback=text)
    last = Phase(
        id="last", title=text, steps=(m.sql("drop", text, "DROP TABLE t", restore=text),), point_of_no_return=point
    )
    return Runbook(
        runbook="hostile",
        title=text,
        engine="sqlite",
        databases={"main": "env:X"},
        phases=(phase, last),
        people={"*": ("dba",)},
        follow_ups=(FollowUp(what=text),),
    )


def hostile_run(text: str) -> ScriptedSession:
    target = Identity(engine="sqlite", version=text, name=text, label=text)
    session = ScriptedSession(hostile_runbook(text), environment=text, account="op1", target=target)
    session.outcomes = {
        "change": (
            o.Noticed(step="change", text=text),
            o.Sampled(step="change", columns=(text, "b"), rows=((text, text), ("1", "2"))),
            e.StepFailed(step="change", error=text, remedy=text),
        ),
        "value": (o.BaselineRecorded(step="value", value=text), e.StepSucceeded(step="value", summary=text)),
        "compare": (
            o.Measured(step="compare", check=text, expected=text, actual=text, passed=True),
            e.StepSucceeded(step="compare", summary=text),
        ),
    }
    session.do(c.ConfirmStep(step="ask", value=text, note=text), c.StartStep(step="change"))
    session.do(c.AddNote(text=text, step="change"))
    return session


def assert_harmless(person: Person) -> None:
    for strip in person.strips():
        for segment in strip:
            assert not set(unshowable(segment.text)), ascii(segment.text)
            assert "@click" not in (segment.style.meta if segment.style else {})
        assert cell_len("".join(segment.text for segment in strip)) == person.app.size.width


def unshowable(text: str) -> Iterator[str]:
    return (each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@every_payload
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_hostile_text_is_harmless_in_every_pane(text: str, size: tuple[int, int]) -> None:
    async with console(hostile_run(text), size=size) as person:
        for tab in ("1", "2", "3", "4", "5", "down", "1", "2", "3", "up", "up", "1", "4"):
            await person.press(tab)
            assert_harmless(person)


@every_payload
async def test_hostile_text_is_harmless_in_every_dialog(text: str) -> None:
    session = hostile_run(text)
    session.outcomes["change"] = (e.StepSucceeded(step="change", summary=text),)
    session.do(c.StartStep(step="change"), c.StartStep(step="value"), c.StartStep(step="compare"))
    async with console(session) as person:
        for key in ("n", "u", "a", "f", "s", "question_mark"):
            await person.press_when_armed(key)
            assert_harmless(person)
            await person.press("f10")
        session.do(c.SignOff(step="go", role="dba", note=text))
        await person.press("full_stop")
        await person.press_when_armed("enter")
        await person.sees("Type")
        assert_harmless(person)
        await person.press("f10")
        session.do(c.Abort(reason=text))
        await person.press("f")
        assert_harmless(person)


@every_payload
async def test_hostile_text_is_harmless_in_a_replay(text: str) -> None:
    async with console(Replay(hostile_run(text).records, account="op1")) as person:
        for key in ("end", "left", "left", "3", "F"):
            await person.press(key)
            assert_harmless(person)


async def test_the_guard_takes_out_what_the_funnel_let_through() -> None:
    session = ScriptedSession(m.runbook())
    async with console(session) as person:
        person.app.notify("\x1b[2J\x1b]0;pwn\x07here", markup=False)
        await person.sees("here")
        assert_harmless(person)
