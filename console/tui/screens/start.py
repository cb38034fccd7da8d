"""What is on the terminal until a run is.

Rule: it is there at once, and when nothing comes it says why and what to do.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from console.core.errors import RunbookConsoleError
from console.tui.ink import content
from console.views.rows import line, quiet, strong
from console.views.tones import Tone


class StartScreen(Screen[None]):
    """An empty desk: the run is being attached to."""

    CSS_PATH = "start.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,f10,escape", "leave", "leave")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._status = 0

    def compose(self) -> ComposeResult:
        """Say what is going on."""
        yield Static(Content("Runbook Console"), id="name")
        yield Static(Content("getting the run ready …"), id="message")

    def failed(self, error: RunbookConsoleError) -> None:
        """Say why there is no run to show, and the way out."""
        self._status = error.exit_status
        self.query_one("#name", Static).update(content(line(strong("✖ ", Tone.BAD), strong(error.message))))
        remedy = line(quiet("→ "), error.remedy, quiet("   ")) if error.remedy else ()
        self.query_one("#message", Static).update(content((*remedy, *line(strong("q"), quiet(" leaves")))))

    def action_leave(self) -> None:
        """Leave with the status of what went wrong."""
        self.app.exit(return_code=self._status)
