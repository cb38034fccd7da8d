"""The application: it paints, then attaches, and tells the screens that something changed.

Rule: it lists, it does not do.
"""

import asyncio
import os
from contextlib import suppress
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, NoColor
from textual.reactive import var
from textual.screen import Screen
from textual.worker import WorkerFailed

from console.core.errors import RunbookConsoleError
from console.tui.ending import end_on_signals
from console.tui.guard import ControlGuard
from console.tui.link import Link, OpenSession, attached
from console.tui.screens.start import StartScreen
from console.tui.theme import THEME, VARIABLES

SECONDS_BETWEEN_PAINTS = 0.1
"""Changes that come faster are drawn together."""

SECONDS_BETWEEN_BEATS = 0.5
"""How often clocks are drawn when nothing happens."""


class ConsoleApp(App[None]):
    """The console on one run."""

    TITLE = "Runbook Console"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - an instance variable in Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "leave", priority=True, show=False)]

    pulse: var[int] = var(0)
    """Counts up when something may have changed; screens watch it."""

    def __init__(self, open_session: OpenSession, *, reopen: OpenSession | None = None) -> None:
        super().__init__()
        self._open_session, self._reopen = open_session, reopen or open_session
        self._filters_last: tuple[LineFilter, ...] = (ControlGuard(), *((NoColor(),) if self.no_color else ()))
        self.link: Link | None = None
        self.register_theme(THEME)
        self.theme = THEME.name

    def get_default_screen(self) -> Screen[None]:
        """Show something at once."""
        return StartScreen(id="start")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what the style sheets use beside Textual's own variables."""
        return VARIABLES

    def get_line_filters(self) -> list[LineFilter]:
        """Guard the terminal behind all other filters."""
        return [*super().get_line_filters(), *self._filters_last]

    def on_mount(self) -> None:
        """Paint first, attach behind."""
        few = self.console.color_system not in ("256", "truecolor")
        self.set_class(self.no_color or few, "-mono")
        end_on_signals(lambda status: self.exit(return_code=status), terminal=not self.is_headless)
        self.call_after_refresh(self.run_worker, self._open())

    async def _open(self) -> None:
        try:
            session = await attached(self._open_session)
        except RunbookConsoleError as error:
            if isinstance(self.screen, StartScreen):
                self.screen.failed(error)
            return
        from console.tui.screens.first import first_screen

        self.link = link = Link(session, reopen=self._reopen)
        await self.push_screen(first_screen(link))
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(link.session.changed(), SECONDS_BETWEEN_BEATS)
            if link.orphaned:
                self.run_worker(link.follow())
            self.pulse += 1
            await asyncio.sleep(SECONDS_BETWEEN_PAINTS)

    async def on_unmount(self) -> None:
        """Hang up; the engine goes on."""
        if self.link is not None:
            await self.link.session.close()

    async def action_leave(self) -> None:
        """Ask the screen on top to leave: it knows what that takes."""
        if hasattr(self.screen, "action_leave"):
            await self.screen.run_action("leave")
        else:
            self.pop_screen()

    def _fatal_error(self) -> None:
        """End; who started the screen tells it. Textual would print the values of variables."""
        self._close_messages_no_wait()


def run_console(open_session: OpenSession, *, reopen: OpenSession | None = None) -> int:
    """Run the screen to its end and return the exit status; raises what made it fail."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    app = ConsoleApp(open_session, reopen=reopen)
    app.run()
    if failure := app._exception:  # noqa: SLF001 - Textual keeps it there and returns as if nothing was
        raise failure.error if isinstance(failure, WorkerFailed) else failure
    return app.return_code or 0
