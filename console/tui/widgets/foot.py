"""The foot of a dialog: why something was refused, and what the keys do there. Rule: it is never silent."""

from textual.app import ComposeResult
from textual.containers import Vertical

from console.tui.widgets.prose import Prose
from console.tui.widgets.row_list import RowList
from console.views.keybar import refusal_line
from console.views.rows import Row, Span, quiet
from console.views.tones import Tone


class Foot(Vertical):
    """The last refusal, above the keys."""

    DEFAULT_CSS = """
    Foot { height: auto; }
    Foot Prose { height: auto; min-height: 1; max-height: 4; }
    Foot RowList { height: 1; }
    """

    def __init__(self, *keys: tuple[str, str]) -> None:
        super().__init__()
        spans = (part for key, words in keys for part in (Span(key, Tone.RUNNING, strong=True), quiet(f" {words}   ")))
        self._keys = Row(key="keys", left=tuple(spans))

    def compose(self) -> ComposeResult:
        """Make both lines."""
        yield Prose(id="refusal", passive=True)
        yield RowList(id="dialog_keys", passive=True)

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one("#dialog_keys", RowList).show((self._keys,))

    def say(self, reason: str, *, remedy: str = "") -> None:
        """Say why something was refused; an empty reason takes that away."""
        self.query_one("#refusal", Prose).show((refusal_line(reason, remedy),) if reason else ())
