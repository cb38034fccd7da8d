"""Asks for a word to find. Rule: it changes nothing but the selection."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.ink import content
from console.tui.widgets.foot import Foot
from console.views.rows import line


class FindScreen(ModalScreen[str | None]):
    """One line; its answer is the text, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f10,ctrl+q", "leave", "leave", priority=True)]

    def __init__(self, text: str = "", *, title: str = "Find", hint: str = "part of a title or an id") -> None:
        super().__init__()
        self._text, self._title, self._hint = text, title, hint

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        dialog = Vertical(classes="dialog")
        dialog.border_title = content(line(self._title))
        with dialog:
            field = Input(self._text, placeholder=self._hint)
            field.cursor_blink = False
            yield field
            yield Foot(("enter", "go there"), ("f10", "leave"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss(None)
