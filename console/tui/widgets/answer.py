"""The line of a dialog that says what a key does there, and why something was refused. Rule: it is never silent."""

from console.tui.widgets.row_list import RowList
from console.views.keybar import refusal_row
from console.views.rows import Row, Span, quiet
from console.views.tones import Tone


class Answer(RowList):
    """Two lines at the foot of a dialog: the last refusal, then the keys."""

    DEFAULT_CSS = """
    Answer { height: 2; margin-top: 1; }
    """

    def __init__(self, *keys: tuple[str, str]) -> None:
        super().__init__(passive=True)
        spans = (part for key, words in keys for part in (Span(key, Tone.RUNNING, strong=True), quiet(f" {words}   ")))
        self._keys = Row(key="keys", left=tuple(spans))

    def on_mount(self) -> None:
        """Begin without a refusal."""
        self.say("")

    def say(self, reason: str, *, remedy: str = "") -> None:
        """Say why something was refused; an empty reason takes that away."""
        said = refusal_row(reason, remedy) if reason else Row(key="said", left=())
        self.show((said, self._keys))
