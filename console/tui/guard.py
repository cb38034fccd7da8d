"""The last line of defence of the terminal. Rule: no control character of a text leaves this program."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_NOTHING = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
"""Deleted: Textual counts them as no cell wide, so that nothing moves."""


class ControlGuard(LineFilter):
    """Takes control characters out of what is about to be drawn."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without them; Textual's own control segments stay."""
        return [each if each.control or each.text.isprintable() else _clean(each) for each in segments]


def _clean(segment: Segment) -> Segment:
    return Segment(segment.text.translate(_NOTHING), segment.style, None)
