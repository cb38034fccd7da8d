"""A text of lines and SQL that wraps. Rule: a wrapped line goes on below its own text, not below its label."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.tui.ink import STRONG, TONE_CLASSES, Piece, pieces, strip_of
from console.tui.sql_ink import SQL_CLASSES, sql_lines
from console.views.rows import Body, Code

INDENT = 26
"""A label longer than that is not indented under."""


class Prose(ScrollView, can_focus=True):
    """Text that is read, and scrolled when it is long."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, *SQL_CLASSES, STRONG}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", show=False),
        Binding("j", "scroll_down", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None, passive: bool = False) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.can_focus = not passive
        self.body: Body = ()
        self._lines: tuple[tuple[Piece, ...], ...] = ()
        self._wrapped_at = 0

    def show(self, body: Body, *, anew: bool = False) -> None:
        """Show a text; `anew` begins at its top."""
        if body != self.body:
            grown = len(body) != len(self.body)
            self.body, self._wrapped_at = body, 0
            self._wrap(self.scrollable_content_region.width)
            self.refresh(layout=grown and self.styles.is_auto_height)
        if anew:
            self.scroll_home(animate=False)

    def on_mount(self) -> None:
        """Lines wrap, so that there is nothing to scroll sideways."""
        self.show_horizontal_scrollbar = False

    def on_resize(self) -> None:
        """Wrap anew."""
        self._wrap(self.scrollable_content_region.width)

    def watch_show_vertical_scrollbar(self) -> None:
        """Wrap anew: the bar takes a column, and comes after the text was wrapped for all of them."""
        self._wrap(self.scrollable_content_region.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the text takes."""
        return sum(1 for _ in wrapped(self.body, max(width, 1)))

    def _wrap(self, width: int) -> None:
        if width and width != self._wrapped_at:
            self._wrapped_at = width
            self._lines = tuple(wrapped(self.body, width))
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        index, width = round(self.scroll_offset.y) + y, self.size.width
        parts = self._lines[index] if index < len(self._lines) else ()
        return strip_of(self, parts, width=width)


def wrapped(body: Body, width: int) -> Iterator[tuple[Piece, ...]]:
    """Yield the lines of a text, each at most so many cells wide."""
    for part in body:
        if isinstance(part, Code):
            for each in sql_lines(part.text):
                yield from _wrapped(each, width, indent=2)
        else:
            yield from _wrapped(pieces(part), width, indent=_indent(part))


def _indent(line: Sequence[object]) -> int:
    """Return where a line's text begins: behind its label or its symbol."""
    first = getattr(line[0], "text", "") if line else ""
    need = cell_len(first)
    return need if first.endswith(" ") and need <= INDENT and len(line) > 1 else 0


def _wrapped(parts: Sequence[Piece], width: int, *, indent: int) -> Iterator[tuple[Piece, ...]]:
    if sum(cell_len(text) for text, _ in parts) <= width:
        yield tuple(parts)
        return
    indent = indent if indent < width // 2 else 0
    row: list[Piece] = []
    room = width
    for text, name in parts:
        for word in _words(text, width - indent):
            if cell_len(word.rstrip()) > room:
                yield tuple(row)
                row, room = [(" " * indent, name)], width - indent
                word = word.lstrip()  # noqa: PLW2901 - a line does not begin with the space between two words
            row.append((word, name))
            room -= cell_len(word)
    yield tuple(row)


def _words(text: str, longest: int) -> Iterator[str]:
    """Yield words with the blanks after them; what is longer than a line in pieces."""
    begin = 0
    for index, character in enumerate(text):
        if character == " " and text[index + 1 : index + 2] != " ":
            yield from _pieces(text[begin : index + 1], longest)
            begin = index + 1
    yield from _pieces(text[begin:], longest)


def _pieces(word: str, longest: int) -> Iterator[str]:
    if cell_len(word) <= longest:
        yield word
    else:
        yield from chop_cells(word, longest)
