"""A journal as a film: the timeline, and the run as it was at one record. Rule: it changes nothing."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from console.sessions import Replay
from console.tui import keymap
from console.tui.link import Link
from console.tui.screens.find import FindScreen
from console.tui.screens.help import HelpScreen
from console.tui.screens.palette import palette
from console.tui.widgets.foot import Foot
from console.tui.widgets.row_list import RowList
from console.tui.widgets.run_panes import RunPanes
from console.views import film as films
from console.views.header import is_production, stand_row, title_row
from console.views.search import row_after
from console.views.selection import exists
from console.views.timeline import Timeline

SECONDS_PER_RECORD = 0.25
"""How fast the film plays."""


class ReplayScreen(Screen[None]):
    """The panes of a run at the record under the cursor, and the timeline."""

    CSS_PATH = "replay.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.REPLAY)

    def __init__(self, link: Link, replay: Replay) -> None:
        super().__init__()
        self.link, self.replay = link, replay
        self.selected = ""
        self._looking_for = ""
        self._timeline = Timeline(replay.film, link.state.runbook)

    def compose(self) -> ComposeResult:
        """Make the panes."""
        yield RowList(id="head", passive=True)
        yield RunPanes(id="panes")
        yield RowList(id="position", passive=True)
        yield RowList(id="timeline")
        yield Foot(
            ("← →", "record"),
            ("space", "play"),
            ("g", "go to"),
            ("F", "failure"),
            ("S", "signature"),
            ("q", "leave"),
        )

    def on_mount(self) -> None:
        """Begin with the first record."""
        self.set_class(is_production(self.link.state), "-production")
        self._playing = self.set_interval(SECONDS_PER_RECORD, self._play_on, pause=True)
        self.query_one("#timeline", RowList).focus()
        self.watch(self.app, "pulse", self.draw, init=False)
        self.draw()

    def draw(self) -> None:
        """Show the run as it was at the record under the cursor."""
        state, now, position = self.link.state, self.replay.now(), self.replay.position
        step = films.step_of_record(self.replay.film[position - 1])
        shown = (each for each in (step, self.selected) if exists(state, each))
        self.selected = next(shown, state.runbook.phases[0].steps[0].id)
        stand = stand_row(state, account="", mode="", now=now)
        self.query_one("#head", RowList).show((title_row(state), stand))
        self.query_one(RunPanes).show(state, self.selected, now=now)
        playing = self._plays
        self.query_one("#position", RowList).show((films.position_row(self.replay.film, position, playing=playing),))
        self.query_one("#timeline", RowList).show(self._timeline, cursor=position - 1)

    _plays = False

    @on(RunPanes.Selected)
    def _selected(self, event: RunPanes.Selected) -> None:
        self.selected = event.key
        self.query_one(RunPanes).show(self.link.state, self.selected, now=self.replay.now())

    @on(RowList.Moved, "#timeline")
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        self._seek(event.index + 1)

    def _seek(self, position: int | None, *, missing: str = "") -> None:
        if position is None:
            self._say(missing)
            return
        self.query_one(Foot).say("")
        self.replay.seek(position)
        self.draw()

    def _say(self, reason: str) -> None:
        self.query_one(Foot).say(reason)
        self.app.bell()

    def action_tab(self, index: int) -> None:
        """Show a tab of the detail."""
        self.query_one(RunPanes).turn_to(index)

    def action_step(self, records: int) -> None:
        """Go so many records forward or back."""
        self._seek(self.replay.position + records)

    def action_jump_first(self) -> None:
        """Go to the first record."""
        self._seek(1)

    def action_jump_last(self) -> None:
        """Go to the last record."""
        self._seek(len(self.replay.film))

    def action_next_trouble(self) -> None:
        """Go to the next failure or doubt."""
        self._seek(
            films.next_trouble(self.replay.film, self.replay.position), missing="no failure or doubt comes after this"
        )

    def action_next_signature(self) -> None:
        """Go to the next signature or passed point."""
        self._seek(
            films.next_signature(self.replay.film, self.replay.position), missing="no signature comes after this"
        )

    def action_play(self) -> None:
        """Play the film, or hold it."""
        self._plays = not self._plays
        if self._plays:
            self._playing.resume()
        else:
            self._playing.pause()
        self.draw()

    def _play_on(self) -> None:
        if self.replay.position >= len(self.replay.film):
            self.action_play()
            return
        self._seek(self.replay.position + 1)

    def action_go_to(self) -> None:
        """Ask for a record's number or a time."""
        self.app.push_screen(FindScreen(title="Go to", hint="a record’s number, or a time such as 01:14"), self._go_to)

    def _go_to(self, text: str | None) -> None:
        if text:
            position = films.position_of(self.replay.film, text, now=self.replay.film[0].at)
            self._seek(position, missing=f"{text!r} is no number and no time: give 213, or 01:14, or 01:14:03")

    def action_find(self) -> None:
        """Ask for a word of the timeline."""
        self.app.push_screen(FindScreen(self._looking_for, hint="a word of the timeline"), self._find)

    def _find(self, text: str | None) -> None:
        if text:
            self._looking_for = text
            place = row_after(self._timeline, text, self.replay.position - 1)
            self._seek(None if place is None else place + 1, missing=f"nothing in the timeline has {text!r}")

    def action_palette(self) -> None:
        """Offer the same by name."""
        self.app.push_screen(palette())

    def action_help(self) -> None:
        """Show all keys and symbols."""
        self.app.push_screen(HelpScreen(keymap.REPLAY))

    def action_leave(self) -> None:
        """Leave."""
        self.app.exit(return_code=0)
