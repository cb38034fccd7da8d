"""The run: what is happening, what is next, why something is locked, what going back costs.

Rule: a key asks `views.keys` whether it does anything; what the session refuses is said in its words.
"""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen

from console.core import commands as c
from console.core.commands import Refused
from console.core.errors import RunbookConsoleError
from console.tui import keymap
from console.tui.arming import SOON, STAYS, Arming
from console.tui.greeting import Greeting
from console.tui.link import Link
from console.tui.screens.amend import AmendScreen
from console.tui.screens.asking import submitted
from console.tui.screens.end_session import EndSessionScreen
from console.tui.screens.find import FindScreen
from console.tui.screens.form import FormScreen
from console.tui.screens.help import HelpScreen
from console.tui.screens.lookback import LookbackScreen
from console.tui.screens.palette import palette
from console.tui.screens.point import PointScreen
from console.tui.screens.quit import QuitScreen
from console.tui.widgets.prose import Prose
from console.tui.widgets.row_list import RowList
from console.tui.widgets.run_panes import RunPanes
from console.views.asking import form_for
from console.views.header import is_production, stand_row, title_row
from console.views.keybar import key_row, lost_row, next_row, refusal_line, selected_mark, why_line
from console.views.keys import Action, Key, fitting, keys
from console.views.nextup import next_up
from console.views.pending import pending_row
from console.views.rows import Line, Row
from console.views.search import found_after
from console.views.selection import exists, phase_of, step_of
from console.views.timeline import Timeline, news

NEWS = 4
"""Lines of the timeline at the foot at most."""


class RunScreen(Screen[None]):
    """One run, driven or watched."""

    CSS_PATH = "run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.RUN)

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.selected = self._next = ""
        self.said: Line = ()
        self._arming = Arming(SOON)
        self._said_enough = Arming(STAYS)
        self._looking_for = ""
        self._greeting = Greeting(link)

    def compose(self) -> ComposeResult:
        """Make the panes."""
        yield RowList(id="head", passive=True)
        yield RunPanes(id="panes")
        with Vertical(id="foot"):
            yield RowList(id="next", passive=True)
            yield Prose(id="why", passive=True)
            yield RowList(id="news", passive=True)
            yield RowList(id="keys", passive=True)

    def on_mount(self) -> None:
        """Begin at what is next."""
        self.set_class(is_production(self.link.state), "-production")
        self.query_one("#steps", RowList).focus()
        self.watch(self.app, "pulse", self.draw, init=False)
        self.draw()

    def draw(self) -> None:
        """Show the state as it is."""
        self.link.noticed()
        state, now = self.link.state, self.link.session.now()
        self._follow()
        self.said = () if self._said_enough.armed else self.said
        found = self._keys()
        self.query_one("#head", RowList).show((title_row(state), self._stand()))
        self.query_one(RunPanes).show(state, self.selected, now=now)
        self._show_next()
        locked = why_line(found[0], selected_mark(state, self.selected, now))
        self.query_one("#why", Prose).show(((self.said,) if self.said else self._greeting.body()) or (locked,))
        self.query_one("#news", RowList).show(self._news())
        self.query_one("#keys", RowList).show((key_row(found),))

    def _show_next(self) -> None:
        """Show what is next, and what waits for people beside that."""
        state, now, account = self.link.state, self.link.session.now(), self.link.session.account
        gone = self.link.lost_at
        upcoming = lost_row(gone, now=now) if gone else next_row(state, now=now, desk=self.link.desk())
        pending = pending_row(state, account=account, said_already=self._next)
        self.set_class(pending is not None, "-asked")
        self.query_one("#next", RowList).show((upcoming, pending) if pending else (upcoming,))

    def _greeted_enough(self) -> None:
        if self._greeting.end():
            self.draw()

    def _stand(self) -> Row:
        desk, now = self.link.desk(), self.link.session.now()
        return stand_row(self.link.state, account=desk.account, mode="watching" if desk.watching else "", now=now)

    def _news(self) -> tuple[Row, ...]:
        lines = min(NEWS, max(self.query_one("#news").size.height, 1))
        return tuple(Timeline(news(self.link.session.records, lines=lines), self.link.state.runbook))

    def _keys(self) -> tuple[Key, ...]:
        return keys(self.link.state, self.selected, desk=self.link.desk(), now=self.link.session.now())

    def _follow(self) -> None:
        """Go on to what is next when the selection was on what was next."""
        upcoming = next_up(self.link.state, now=self.link.session.now()).selected
        on_it = self.selected in ("", self._next) or not exists(self.link.state, self.selected)
        self._next = upcoming
        if on_it and upcoming and upcoming != self.selected:
            if self.selected:
                self._arming.again()
            self._select(upcoming)
        if not exists(self.link.state, self.selected):
            self._select(self.link.state.runbook.phases[0].steps[0].id)

    def _select(self, key: str) -> None:
        if key != self.selected:
            self.selected, self.said = key, ()

    @on(RunPanes.Selected)
    def _selected(self, event: RunPanes.Selected) -> None:
        self._greeted_enough()
        self._select(event.key)
        self.draw()

    async def action_ask(self, name: str) -> None:
        """Do what a key stands for, or say why not."""
        self._greeted_enough()
        action = Action(name)
        armed = self._arming.armed or action is not Action.GO
        if not (armed and self.query_one(RunPanes).at_rest):
            self._say("the selection had just moved on", remedy="look at it, then press the key again")
            return
        key = next(each for each in self._keys() if each.action is action)
        if not key.enabled:
            self._say(key.reason, remedy=key.remedy)
            return
        await self._do(fitting(self.link.state, self.selected)[0] if action is Action.GO else action)

    async def _do(self, action: Action) -> None:
        state = self.link.state
        match action:
            case Action.RUN:
                await self._submit(c.StartStep(step=self.selected))
            case Action.PAUSE:
                await self._submit(c.Unpause() if state.paused else c.Pause())
            case Action.POINT:
                phase = phase_of(state, self.selected).id
                if await self._submit(c.ApproachPointOfNoReturn(phase=phase)):
                    self.app.push_screen(PointScreen(self.link, phase))
            case Action.FINISH:
                self.app.push_screen(LookbackScreen(self.link))
            case Action.END_SESSION if (busy := state.under_way()) is not None:
                self.app.push_screen(EndSessionScreen(self.link, busy))
            case Action.CANCEL if state.entering is not None:
                await self._submit(c.CancelStep(step=state.entering.then.step))
            case Action.AMEND if state.amendment is None:
                self.app.push_screen(AmendScreen(self.link))
            case _:
                account, now = self.link.session.account, self.link.session.now()
                form = form_for(state, action, self.selected, account=account, now=now)
                self.app.push_screen(FormScreen(self.link, form))

    async def _submit(self, command: c.AnyCommand) -> bool:
        answer = await submitted(self.link.session, command)
        if isinstance(answer, Refused):
            self._say(answer.reason, remedy=answer.remedy)
            return False
        self.said = ()
        return True

    def _say(self, reason: str, *, remedy: str) -> None:
        self.said = refusal_line(reason, remedy)
        self._said_enough.again()
        self.query_one("#why", Prose).show((self.said,))
        self.app.bell()

    def action_tab(self, index: int) -> None:
        """Show a tab of the detail."""
        self.query_one(RunPanes).turn_to(index)

    def action_follow(self) -> None:
        """Select what is next."""
        self._select(next_up(self.link.state, now=self.link.session.now()).selected or self.selected)
        self.draw()

    def action_find(self) -> None:
        """Ask for a text and select the next step that has it."""
        self.app.push_screen(FindScreen(self._looking_for), self._find)

    def _find(self, text: str | None) -> None:
        if not text:
            return
        self._looking_for = text
        key = found_after(self.link.state.runbook, text, step_of(self.selected) or "")
        if key is None:
            self._say(f"no step has {text!r} in its title or id", remedy="try another word")
            return
        self._select(key)
        self.draw()

    async def action_reconnect(self) -> None:
        """Attach to an engine again, or start one."""
        if self.link.lost_at is None:
            reason = "the run has ended" if self.link.state.ending else "an engine answers"
            self._say(reason, remedy="there is nothing to start again")
            return
        self.run_worker(self._reopen(), exclusive=True, group="reopen")

    async def _reopen(self) -> None:
        try:
            await self.link.reopen()
            self._greeting.begin()
        except RunbookConsoleError as error:
            self._say(error.message, remedy=error.remedy)
        self.draw()

    def action_palette(self) -> None:
        """Offer the same by name."""
        self.app.push_screen(palette())

    def action_help(self) -> None:
        """Show all keys and symbols."""
        self.app.push_screen(HelpScreen(keymap.RUN))

    def action_leave(self) -> None:
        """Leave; a run that is open is asked about."""
        if self.link.session.connected and not self.link.desk().watching and self.link.state.ending is None:
            self.app.push_screen(QuitScreen(self.link))
        else:
            self.app.exit(return_code=0)
