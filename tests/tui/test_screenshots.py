"""The pictures of the README are what the screen shows: same bytes each run, compared with those in screenshots/."""

import os
import re
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest
from msgspec import Struct

from console.sessions import Replay
from tests.source import ROOT
from tests.tui import story
from tests.tui.driver import PATIENCE, Person, console
from tests.tui.scripted import ScriptedSession

FOLDER = ROOT / "screenshots"
WRITE = os.environ.get("RUNBOOK_SCREENSHOTS") == "write"
"""`make screenshots` writes them anew."""


LOOKS = 20
"""How often a picture has to be the same before it is kept."""


class Picture(Struct, frozen=True, kw_only=True):
    """One picture: what was done before it."""

    name: str
    session: Callable[[], ScriptedSession | Replay]
    act: Callable[[Person], Awaitable[None]]
    size: tuple[int, int] = (120, 36)


def filling() -> ScriptedSession:
    return story.filling(story.preflight(story.begun()))


def before_the_point() -> ScriptedSession:
    return story.enforced(story.filling(story.preflight(story.begun(environment="production"))))


def undoable() -> ScriptedSession:
    session = filling()
    session.holding = set()
    session.play(*session.outcomes["fill"])
    return session


def waiting() -> ScriptedSession:
    return story.waiting(story.preflight(story.begun()))


def finished() -> ScriptedSession:
    return story.contracted(story.enforced(filling()))


async def nothing(person: Person) -> None:
    await person.sees("Phases")


async def sql(person: Person) -> None:
    await person.press("2")


async def approach(person: Person) -> None:
    await person.press_when_armed("enter")
    await person.sees("● open")
    await person.until(lambda: person.app.focused is not None, "its input is awake")


async def locks(person: Person) -> None:
    await person.press("5")
    await person.sees("3 sessions wait behind")


async def end_session(person: Person) -> None:
    await person.press_when_armed("e")
    await person.sees("End a session that is in the way")
    await person.until(lambda: not person.app.screen.query_one("#typed").disabled, "its inputs are awake")


async def undo(person: Person) -> None:
    await person.press_when_armed("u")
    await person.type("backfill")


async def look_back(person: Person) -> None:
    await person.press_when_armed("f")
    await person.sees("Still due")


async def into_the_film(person: Person) -> None:
    await person.press("g", *"26", "enter")
    await person.sees("record 26 of")


PICTURES = (
    Picture(name="run-120x36", session=filling, act=sql),
    Picture(name="run-80x24", session=filling, act=nothing, size=(80, 24)),
    Picture(name="production", session=before_the_point, act=nothing),
    Picture(name="point-of-no-return", session=before_the_point, act=approach),
    Picture(name="undo", session=undoable, act=undo),
    Picture(name="locks-120x36", session=waiting, act=locks),
    Picture(name="locks-80x24", session=waiting, act=locks, size=(80, 24)),
    Picture(name="end-session-120x36", session=waiting, act=end_session),
    Picture(name="end-session-80x24", session=waiting, act=end_session, size=(80, 24)),
    Picture(name="summary", session=finished, act=look_back),
    Picture(name="replay", session=lambda: Replay(finished().records, account="op1"), act=into_the_film),
)


def lasting(svg: str) -> str:
    """Take out what differs from run to run, and what a browser would fetch from elsewhere."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = re.sub(r"\s*<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def drawn_by(person: Person) -> str:
    return lasting(person.app.export_screenshot(title="Runbook Console", simplify=True))


async def at_rest(person: Person) -> str:
    """Return what is drawn once it has stayed the same for a while."""
    drawn, same = drawn_by(person), 0
    while same < LOOKS:
        await person.pilot.pause(0.05)
        before, drawn = drawn, drawn_by(person)
        same = same + 1 if drawn == before else 0
    return drawn


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each.name)
async def test_a_screenshot_shows_what_the_screen_shows(picture: Picture) -> None:
    file = FOLDER / f"{picture.name}.svg"
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    async with console(picture.session(), size=picture.size) as person:
        await picture.act(person)
        await person.pilot.pause()
        deadline = monotonic() + (0 if WRITE else PATIENCE)
        while drawn_by(person) != kept and monotonic() < deadline:
            await person.pilot.pause(0.05)  # a busy machine may be a frame behind
        drawn = await at_rest(person) if WRITE else drawn_by(person)
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(drawn, encoding="utf-8")
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert file.read_text(encoding="utf-8") == drawn, f"{file.name} differs: look at it, then `make screenshots`"


def test_there_is_no_screenshot_that_nothing_writes() -> None:
    assert {each.stem for each in FOLDER.glob("*.svg")} >= {each.name for each in PICTURES}
