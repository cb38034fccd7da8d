"""Phases, checklist and detail of one state of a run. Rule: live and replay show the same panes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message

from console.core.state import SETTLED_GOOD, RunState
from console.tui.ink import content
from console.tui.widgets.prose import Prose
from console.tui.widgets.row_list import RowList
from console.views.checklist import Checklist
from console.views.detail import Tab, detail
from console.views.phases import phase_rows
from console.views.rows import line
from console.views.selection import first_of, phase_of, point_of
from console.views.text import one_line
from console.views.way_back import way_back_body

TABS = tuple(Tab)


class RunPanes(Horizontal):
    """The three panes; a person moves the selection, the screen shows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "turn(1)", "next tab", show=False),
        Binding("left_square_bracket", "turn(-1)", "tab before", show=False),
    ]

    @dataclass
    class Selected(Message):
        """A person selected a step, or a point of no return."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.tab = Tab.STEP
        self._shown: tuple[RunState, str, datetime] | None = None
        self._page = ("", Tab.STEP)
        self._cursors = (-1, -1)

    def compose(self) -> ComposeResult:
        """Make the panes."""
        with Vertical(id="left"):
            yield RowList(id="phases")
            yield Prose(id="way_back", passive=True)
        with Vertical(id="right"):
            yield RowList(id="steps")
            yield Prose(id="detail")

    def on_mount(self) -> None:
        """Name the panes."""
        self.query_one("#phases", RowList).border_title = Content("Phases")
        self.query_one("#way_back", Prose).border_title = Content("Way back")
        self._title_tabs()

    def show(self, state: RunState, selected: str, *, now: datetime) -> None:
        """Show a state with the cursor on the selection."""
        self._shown = (state, selected, now)
        phase, rows = phase_of(state, selected), phase_rows(state, now=now)
        place = phase.id if point_of(selected) is None else selected
        phases, steps = self.query_one("#phases", RowList), self.query_one("#steps", RowList)
        phases.show(rows, cursor=next(index for index, row in enumerate(rows) if row.key == place))
        checklist = Checklist(state, phase, now=now)
        title = one_line(phase.title)
        if str(steps.border_title) != title:
            steps.border_title = content(line(title))
        steps.show(checklist, cursor=checklist.keys().index(selected))
        self.query_one("#way_back", Prose).show(way_back_body(state, now=now))
        page = (selected, self.tab)
        body = detail(state, selected, self.tab, now=now)
        self.query_one("#detail", Prose).show(body, anew=page != self._page)
        self._page = page
        self._cursors = (phases.cursor, steps.cursor)

    @property
    def at_rest(self) -> bool:
        """Whether the cursors are where they were last shown; false while a key that moved one is on its way."""
        here = (self.query_one("#phases", RowList).cursor, self.query_one("#steps", RowList).cursor)
        return here == self._cursors

    @on(RowList.Moved, "#steps")
    def _step_selected(self, event: RowList.Moved) -> None:
        event.stop()
        self.post_message(self.Selected(event.key))

    @on(RowList.Moved, "#phases")
    def _phase_selected(self, event: RowList.Moved) -> None:
        event.stop()
        if self._shown is None or point_of(event.key) is not None:
            self.post_message(self.Selected(event.key))
            return
        state = self._shown[0]
        phase = state.runbook.phase(event.key)
        open_ = (step.id for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD)
        first = phase.steps[0].id if phase.id in state.passed or not phase.point_of_no_return else first_of(phase)
        self.post_message(self.Selected(next(open_, first)))

    def turn_to(self, index: int) -> None:
        """Show a tab."""
        self.tab = TABS[index]
        self._title_tabs()
        if self._shown is not None:
            state, selected, now = self._shown
            self.show(state, selected, now=now)

    def action_turn(self, step: int) -> None:
        """Show the next tab."""
        self.turn_to((TABS.index(self.tab) + step) % len(TABS))

    def _title_tabs(self) -> None:
        parts: list[tuple[str, str] | str] = []
        for number, tab in enumerate(TABS, start=1):
            here = tab is self.tab
            parts += [
                (f"{number} ", "dim"),
                (tab.value, "bold reverse" if here else ""),
                "" if number == len(TABS) else " ─ ",
            ]
        self.query_one("#detail", Prose).border_title = Content.assemble(*parts)
