"""Drives the console like a person: presses keys, reads the screen.

Rule: it waits for what it expects, never for a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from console.sessions import Replay
from console.tui.app import ConsoleApp
from console.tui.screens.run import RunScreen
from tests.tui.scripted import ScriptedSession

PATIENCE = 30.0
"""Seconds after which what was expected is not going to happen."""


class Person:
    """Somebody at the screen."""

    def __init__(self, pilot: Pilot[None], app: ConsoleApp) -> None:
        self.pilot, self.app = pilot, app

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*text)

    async def press_when_armed(self, key: str) -> None:
        """Press a key that only counts after a while."""
        screen = self.app.screen
        arming = getattr(screen, "_arming", None)
        await self.until(lambda: arming is None or arming.armed, "keys count")
        await self.press(key)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, f"not within {PATIENCE} s: {what}\n{self.screen()}"
            await self.pilot.pause(0.02)
        await self.pilot.pause()

    async def sees(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        await self.until(lambda: all(text in self.flowing() for text in texts), f"{texts} on the screen")

    async def sees_no(self, text: str) -> None:
        await self.until(lambda: text not in self.flowing(), f"no {text!r} on the screen")

    def strips(self) -> list[Strip]:
        screen = self.app.screen
        return screen._compositor.render_strips(Region(0, 0, *self.app.size).size)

    def lines(self) -> list[str]:
        return ["".join(segment.text for segment in strip) for strip in self.strips()]

    def screen(self) -> str:
        return "\n".join(self.lines())

    def flowing(self) -> str:
        """The screen's text with one space between words, whatever they are apart."""
        return " ".join(self.screen().split())


@asynccontextmanager
async def console(session: ScriptedSession | Replay, *, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Person]:
    """A person in front of a session."""

    async def open_session() -> ScriptedSession | Replay:
        return session

    async with opened(ConsoleApp(open_session), size=size) as person:
        await person.until(lambda: person.app.link is not None, "a run on the screen")
        await person.until(lambda: person.app.screen.query("#panes"), "the panes")
        yield person


@asynccontextmanager
async def opened(app: ConsoleApp, *, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Person]:
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Person(pilot, app)
        for _ in range(3):
            await asyncio.sleep(0)


def run_screen(person: Person) -> RunScreen:
    screen = person.app.screen
    assert isinstance(screen, RunScreen)
    return screen
