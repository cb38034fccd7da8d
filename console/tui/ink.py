"""Spans of the views as cells of the terminal. Rule: text arrives here as data and is never read as markup."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from console.views.figures import BAR, TROUGH
from console.views.rows import Line, Row, Span
from console.views.tones import Tone

Piece = tuple[str, str]
"""Text that has passed the funnel, and the component class that gives it its style."""

TONE_CLASSES = frozenset(f"tone--{tone}" for tone in Tone)
STRONG = "tone--strong"
LEAST_RIGHT = 0.42
"""Part of a row that its right side keeps when both sides do not fit."""


def pieces(line: Line) -> tuple[Piece, ...]:
    """Return a line's texts with their component classes."""
    return tuple((span.text, _class(span)) for span in line)


def _class(span: Span) -> str:
    return f"tone--{span.tone} {STRONG}" if span.strong else f"tone--{span.tone}"


def content(line: Line) -> Content:
    """Return a line for Textual's own widgets."""
    return Content.assemble(*((span.text, f"$tone-{span.tone}{' bold' if span.strong else ''}") for span in line))


def strip_of(widget: Widget, parts: Sequence[Piece], *, width: int, ground: Style | None = None) -> Strip:
    """Return one line of a widget, exactly `width` cells wide; `ground` lies over the styles of the parts."""
    base = widget.rich_style
    segments = [Segment(text, base + _style(widget, name) + _over(text, ground)) for text, name in _settled(parts)]
    return Strip(segments).adjust_cell_length(width, base + (ground or Style.null()))


def _over(text: str, ground: Style | None) -> Style:
    """Return the ground for a text; a bar that were reversed would show what is left as done."""
    if ground is None:
        return Style.null()
    return Style(bgcolor=ground.bgcolor) if text.startswith((BAR, TROUGH)) else ground


def _settled(parts: Sequence[Piece]) -> list[Piece]:
    """Give blanks at the beginning of a piece to the one before it: they carry no colour of their own."""
    settled: list[Piece] = []
    for text, name in parts:
        bare = text.lstrip(" ")
        if len(bare) < len(text):
            other = "tone--quiet" if "neutral" in name else "tone--neutral"
            before, its = settled.pop() if settled else ("", other)
            settled.append((before + " " * (len(text) - len(bare)), its))
        if bare:
            settled.append((bare, name))
    return settled


def _style(widget: Widget, names: str) -> Style:
    style = Style.null()
    for name in names.split():
        style += widget.get_component_rich_style(name, partial=True)
    return style


def length(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(span.text) for span in line)


def fitted(row: Row, width: int) -> tuple[Piece, ...]:
    """Lay a row out in so many cells: the longest wording that fits, else both sides cut, the left before its end."""
    end = length(row.end)
    left, right = row.left, _longest(row, width)
    need = length(right)
    if row.shorter:
        left = next((each for each in (left, *row.shorter) if length(each) + end + need + 2 <= width), row.shorter[-1])
    if need and length(left) + end + 2 + need > width:
        need = min(need, max(width - length(left) - end - 2, int(width * LEAST_RIGHT)))
        right = cut(right, need)
    room = width - (need + 2 if need else 0)
    left = cut((*cut(left, max(room - end, 1)), *row.end), room)
    gap = width - length(left) - length(right)
    return (*pieces(left), ((row.fill or " ") * max(gap, 0), "tone--quiet"), *pieces(right))


def _longest(row: Row, width: int) -> Line:
    shortest = min(length(each) for each in (row.left, *row.shorter)) + length(row.end)
    room = width - shortest - 2
    return next((each for each in row.right if length(each) <= room), row.right[-1] if row.right else ())


def cut(line: Line, width: int) -> Line:
    """Return a line that takes at most so many cells, ending in `…` where it was cut."""
    if length(line) <= width:
        return line
    kept: list[Span] = []
    room = max(width - 1, 0)
    for span in line:
        need = cell_len(span.text)
        if need <= room:
            kept.append(span)
            room -= need
            continue
        kept.append(Span(set_cell_size(span.text, room).rstrip() + "…", span.tone, span.strong))
        break
    return tuple(kept) if width > 0 else ()
