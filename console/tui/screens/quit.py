"""What becomes of the engine when the screen goes. Rule: it is asked, and staying is what enter does."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from console.core import commands as c
from console.tui.arming import SOON, Arming
from console.tui.link import Link
from console.tui.screens.asking import accepted
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.views.leaving import leaving_body


class QuitScreen(ModalScreen[None]):
    """Leave the engine at it, stop it at the next boundary, or stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "leave_engine", "leave the engine at it"),
        Binding("s", "stop_engine", "stop at the next boundary"),
        Binding("enter,escape,f10,q,ctrl+q", "leave", "stay", priority=True),
    ]

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self._arming = Arming(SOON)

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        dialog = Vertical(classes="dialog")
        dialog.border_title = Content("Leave the screen")
        with dialog:
            yield Prose(id="body", passive=True)
            yield Foot(("l", "leave the engine at it"), ("s", "stop at the next boundary"), ("q", "stay"))

    def on_mount(self) -> None:
        """Say what goes on without the screen."""
        self.query_one("#body", Prose).show(leaving_body(self.link.state))
        self._arming.again()

    def action_leave_engine(self) -> None:
        """End the screen alone."""
        if self._counts():
            self.app.exit(return_code=0)

    async def action_stop_engine(self) -> None:
        """Ask the engine to end, then end the screen."""
        if self._counts() and await accepted(self.link.session, c.StopEngine(), answer=self.query_one(Foot)):
            self.app.exit(return_code=0)

    def _counts(self) -> bool:
        if not self._arming.armed:
            self.query_one(Foot).say("that came before the question could be read", remedy="read it, then answer")
        return self._arming.armed

    def action_leave(self) -> None:
        """Stay."""
        self.dismiss()
