"""Ends a session that is in the way of a step.

Rule: its process is typed by hand; what was typed ahead does not count.
"""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from console.core.observations import How, ServerSession
from console.tui.arming import SLOW, Arming
from console.tui.ink import content
from console.tui.link import Link
from console.tui.screens.asking import accepted
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.tui.widgets.row_list import RowList
from console.tui.widgets.typed_input import TypedInput
from console.views import ending_session as views
from console.views.locks import awaited, endable, seconds_since
from console.views.rows import line, quiet, strong
from console.views.tones import Tone


class EndSessionScreen(ModalScreen[None]):
    """The dialog about the sessions in the way of one step; it keeps up with what is seen of them."""

    CSS_PATH = "end_session.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,ctrl+q", "leave", "leave", priority=True),
        Binding("enter", "next", show=False),
        Binding("ctrl+p", "nothing", show=False, priority=True),
    ]

    def __init__(self, link: Link, step: str) -> None:
        super().__init__()
        self.link, self.step = link, step
        self._arming = Arming(SLOW)
        self._chosen: ServerSession | None = views.first_chosen(link.state, step)
        self._how: How = "cancel"
        self._sent = False

    def compose(self) -> ComposeResult:
        """Make the dialog; its inputs are dead until the keys that were typed ahead are gone."""
        dialog = Vertical(classes="dialog -danger", id="end_session")
        dialog.border_title = content(line(strong("End a session that is in the way", Tone.DANGER)))
        with dialog:
            yield Prose(id="heading", passive=True)
            yield RowList(id="sessions")
            yield Prose(id="about", passive=True)
            yield RowList(id="how")
            yield Prose(id="consequence", passive=True)
            yield Label(content(line(quiet("Reason"))), classes="label")
            yield _dead(Input(placeholder="why, for the record", id="reason"))
            yield Label(id="asks")
            yield _dead(TypedInput(id="typed"))
            yield Foot(("enter", "next; at the last, do it"), ("up down", "choose"), ("f10", "leave"))

    def on_mount(self) -> None:
        """Show who is in the way, and wake the inputs after a while."""
        self._arming.again()
        self.set_timer(SLOW, self._wake)
        self.query_one("#sessions", RowList).focus()
        self.watch(self.app, "pulse", self.draw, init=False)
        self.draw()

    def _wake(self) -> None:
        for field in self.query(Input):
            field.disabled = False

    def draw(self) -> None:
        """Show the sessions as they were seen last; the chosen one stays chosen."""
        state, now = self.link.state, self.link.session.now()
        current = state.steps[self.step]
        lock = awaited(current)
        since = seconds_since(current, now)
        found = endable(lock) if lock is not None else ()
        key = views.key_of(self._chosen) if self._chosen else ""
        self._chosen = next((each for each in found if views.key_of(each) == key), self._chosen)
        rows = views.session_rows(lock.sessions, key, since=since) if lock is not None else ()
        places = [row.key for row in rows]
        seen = key in places
        self.query_one("#heading", Prose).show(views.heading(state, self.step, now=now))
        self.query_one("#sessions", RowList).show(rows, cursor=places.index(key) if seen else -1)
        self.query_one("#about", Prose).show(views.about(self._chosen, seen=seen))
        hows = views.how_rows(self._how, self._chosen)
        self.query_one("#how", RowList).show(hows, cursor=views.HOWS.index(self._how))
        self.query_one("#consequence", Prose).show((views.consequence(self._chosen, self._how),))
        self.query_one("#asks", Label).update(content(views.asks_for(self._chosen)))

    @on(RowList.Moved, "#sessions")
    def _choose(self, event: RowList.Moved) -> None:
        event.stop()
        lock = awaited(self.link.state.steps[self.step])
        found = endable(lock) if lock is not None else ()
        self._chosen = next((each for each in found if views.key_of(each) == event.key), self._chosen)
        self.query_one("#typed", TypedInput).clear()  # it was typed for another one
        self.draw()

    @on(RowList.Moved, "#how")
    def _choose_how(self, event: RowList.Moved) -> None:
        event.stop()
        self._how = views.HOWS[event.index]
        self.draw()

    @on(TypedInput.PasteRefused)
    def _pasted(self) -> None:
        self._answer.say("this has to be typed", remedy="pasting is refused here")

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        await self.action_next()

    async def action_next(self) -> None:
        """Go to the next part, or ask the engine from the last."""
        if not self._arming.armed:
            self._answer.say("that came before the dialog could be read", remedy="read it, then answer")
            return
        order = [each for each in self.query("#sessions, #how, #reason, #typed") if each.can_focus]
        place = order.index(self.focused) if self.focused in order else -1
        if place < len(order) - 1:
            self.set_focus(order[place + 1])
        elif not self._sent:
            await self._send()

    async def _send(self) -> None:
        """Ask for it once, however often enter is pressed while the answer is on its way."""
        if self._chosen is None:
            self._answer.say("no session is chosen", remedy="the arrows choose")
            return
        field = self.query_one("#typed", TypedInput)
        reason, typed = self.query_one("#reason", Input).value, field.value
        if not typed:
            self._answer.say("nothing was typed", remedy=f"type {self._chosen.pid}; enter alone ends nothing")
            return
        command = views.end_session(self.step, self._chosen, how=self._how, reason=reason, typed=typed)
        field.clear()  # before the answer: what is typed while it is on its way belongs to the next try
        self._sent = True
        self._sent = await accepted(self.link.session, command, answer=self._answer)
        if self._sent:
            self.dismiss()

    def action_nothing(self) -> None:
        """Keep the palette shut over a dialog."""
        self._answer.say("this dialog is open", remedy="answer it, or leave it with f10")

    @property
    def _answer(self) -> Foot:
        return self.query_one(Foot)

    def action_leave(self) -> None:
        """Close it; nothing is asked for."""
        self.dismiss()


def _dead(field: Input) -> Input:
    field.cursor_blink = False
    field.disabled = True
    return field
