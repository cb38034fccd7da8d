"""The run looked back at: durations, checks, deviations, what is due; and its end.

Rule: what it shows is the summary.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from console.core import commands as c
from console.tui.link import Link
from console.tui.screens.form import FormScreen
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.views.asking import finish_form
from console.views.keys import refusal
from console.views.lookback import lookback_body


class LookbackScreen(ModalScreen[None]):
    """A page about the run so far."""

    CSS_PATH = "lookback.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,enter", "finish", "finish the run"),
        Binding("escape,f10,q,ctrl+q", "leave", "back", priority=True),
    ]

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self._drawn = 0

    def compose(self) -> ComposeResult:
        """Make the page."""
        dialog = Vertical(classes="dialog", id="lookback")
        dialog.border_title = Content("Summary")
        with dialog:
            yield Prose(id="page")
            yield Foot(("f", "finish the run"), ("up down", "scroll"), ("q", "back"))

    def on_mount(self) -> None:
        """Fill it in, and keep it so."""
        self.watch(self.app, "pulse", self.draw, init=False)
        self.draw()

    def draw(self) -> None:
        """Show the run as it is; its page is made anew when there are more records."""
        session = self.link.session
        if self._drawn == (drawn := len(session.records)):
            return
        self._drawn = drawn
        self.query_one("#page", Prose).show(lookback_body(self.link.state, session.records, now=session.now()))

    def action_finish(self) -> None:
        """Ask for a last remark, or say why the run cannot be finished."""
        session = self.link.session
        refused = refusal(self.link.state, c.Finish(), self.link.desk(), session.now())
        if refused is not None:
            self.query_one(Foot).say(refused.reason, remedy=refused.remedy)
            return
        self.app.push_screen(FormScreen(self.link, finish_form()), self._finished)

    def _finished(self, done: bool | None) -> None:  # noqa: FBT001 - Textual calls it with the result
        if done:
            self.query_one(Foot).say("")
        self.draw()

    def action_leave(self) -> None:
        """Go back to the run."""
        self.dismiss()
