"""All keys and symbols. Rule: made from the table that the bindings are made from."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from console.tui.keymap import Shortcut, spelt
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.views.rows import Body, Span, line, quiet, strong
from console.views.tones import LEGEND, Tone


class HelpScreen(ModalScreen[None]):
    """The key table, then the symbols."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,ctrl+q,q,question_mark,f1", "leave", "leave", priority=True)
    ]

    def __init__(self, shortcuts: tuple[Shortcut, ...]) -> None:
        super().__init__()
        self._shortcuts = shortcuts

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        dialog = Vertical(classes="dialog", id="help")
        dialog.border_title = Content("Keys and symbols")
        with dialog:
            yield Prose(id="table")
            yield Foot(("up down", "scroll"), ("q", "leave"))

    def on_mount(self) -> None:
        """Fill it in."""
        self.query_one("#table", Prose).show(_table(self._shortcuts))

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss()


def _table(shortcuts: tuple[Shortcut, ...]) -> Body:
    keys = tuple(line(Span(f"{spelt(each.key):12}", Tone.RUNNING, strong=True), each.words) for each in shortcuts)
    marks = tuple(line(Span(f"{each.symbol}  ", each.tone, strong=True), each.word) for each in LEGEND)
    return (*keys, line(), line(strong("Symbols"), quiet("  every state is a symbol and a word")), *marks)
