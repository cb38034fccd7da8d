"""A list of rows, of any length: rows are asked for when they are on the screen.

Rule: what did not change is not drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.tui.ink import STRONG, TONE_CLASSES, fitted, strip_of
from console.views.rows import Row


class RowList(ScrollView, can_focus=True):
    """Rows with a cursor; with `passive` it is only looked at."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, STRONG, "rows--cursor", "rows--away"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor(-1)", "up", show=False),
        Binding("down,j", "cursor(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "edge(-1)", "first", show=False),
        Binding("end", "edge(1)", "last", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor was moved by a person."""

        rows: "RowList"
        index: int
        key: str

        @property
        def control(self) -> "RowList":
            """The list, for `@on` with a selector."""
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None, passive: bool = False) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.can_focus = not passive
        self.passive = passive
        self.cursor = -1
        self.rows: Sequence[Row] = ()
        self._drawn: dict[int, Row] = {}

    def show(self, rows: Sequence[Row], *, cursor: int = -1) -> None:
        """Show rows, the cursor on one of them (-1: on none); draws the lines that differ from what is shown."""
        moved, grown = cursor != self.cursor, len(rows) != len(self.rows)
        self.rows = rows
        if grown:
            self.virtual_size = Size(self.size.width, len(rows))
        if moved:
            self._cursor_to(cursor)
        top = round(self.scroll_offset.y)
        for index in range(top, min(top + self.size.height, max(len(rows), 1))):
            if index < len(rows) and self._drawn.get(index) != rows[index]:
                self._redraw(index)
        if grown:
            self.refresh()

    def on_mount(self) -> None:
        """Take the styles of the theme."""
        self.show_horizontal_scrollbar = False

    def on_resize(self) -> None:
        """Lay the rows out anew."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        index, width = round(self.scroll_offset.y) + y, self.scrollable_content_region.width
        if index >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self._drawn[index] = self.rows[index]
        ground = None
        if index == self.cursor and not self.passive:
            name = "rows--cursor" if self.has_focus else "rows--away"
            ground = self.get_component_rich_style(name, partial=True)
        return strip_of(self, fitted(row, width), width=width, ground=ground)

    def _redraw(self, index: int) -> None:
        self.refresh(Region(0, index - round(self.scroll_offset.y), self.size.width, 1))

    def _cursor_to(self, index: int) -> None:
        before, self.cursor = self.cursor, index
        for each in (before, index):
            self._redraw(each)
        if index >= 0:
            self.scroll_to_region(Region(0, index, 1, 1), animate=False, force=True)

    def _move_to(self, index: int) -> None:
        if not self.rows or self.passive:
            return
        index = min(max(index, 0), len(self.rows) - 1)
        if index != self.cursor:
            self._cursor_to(index)
            self.post_message(self.Moved(self, index, self.rows[index].key))

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._move_to(self.cursor + step)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._move_to(self.cursor + direction * max(self.size.height - 1, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_to(0 if direction < 0 else len(self.rows) - 1)

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is; no feature needs that."""
        self._move_to(round(self.scroll_offset.y) + event.y)
