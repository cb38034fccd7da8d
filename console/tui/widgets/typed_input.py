"""An input for what has to be typed. Rule: pasting is refused, and said to be."""

from dataclasses import dataclass

from textual.events import Paste
from textual.message import Message
from textual.widgets import Input


class TypedInput(Input):
    """One line that only fingers fill."""

    @dataclass
    class PasteRefused(Message):
        """Somebody tried to paste."""

        typed_input: "TypedInput"

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        self.post_message(self.PasteRefused(self))

    def action_paste(self) -> None:
        """Refuse it here too."""
        self.post_message(self.PasteRefused(self))
