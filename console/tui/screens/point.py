"""The point of no return. Rule: nothing passes it but the fact, typed by hand after every gate answered just now."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from console.core import commands as c
from console.tui.arming import SLOW, Arming
from console.tui.ink import content
from console.tui.link import Link
from console.tui.screens.asking import accepted, submitted
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.tui.widgets.typed_input import TypedInput
from console.views.point import consequence, gate_lines, reading_list, standing
from console.views.rows import Body, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


class PointScreen(ModalScreen[None]):
    """The dialog of one phase's point of no return, open in the engine too."""

    CSS_PATH = "point.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,ctrl+q", "leave", "leave", priority=True),
        Binding("ctrl+p", "nothing", show=False, priority=True),
        Binding("enter", "too_soon", show=False),
    ]

    def __init__(self, link: Link, phase: str) -> None:
        super().__init__()
        self.link, self.phase = link, phase
        self._arming = Arming(SLOW)
        self._asked = self._over = False

    def compose(self) -> ComposeResult:
        """Make the dialog; its input is dead until the keys that were typed ahead are gone."""
        phase = self.link.state.runbook.phase(self.phase)
        dialog = Vertical(classes="dialog -danger", id="point")
        dialog.border_title = content(line(strong(f"Point of no return before {one_line(phase.title)}", Tone.DANGER)))
        dialog.border_subtitle = content(line(one_line(self.link.state.target.name)))
        with dialog:
            yield Prose(id="words", passive=True)
            yield Prose(id="gates")
            yield Prose(id="facts")
            yield Prose(id="standing", passive=True)
            yield Label(id="asks", classes="label")
            field = TypedInput(disabled=True, id="fact")
            field.cursor_blink = False
            yield field
            keys = (
                ("enter", "pass it: there is no undo afterwards"),
                ("tab", "lists"),
                ("f10", "leave"),
            )
            yield Foot(*keys)

    def on_mount(self) -> None:
        """Show the gates as they are answered, and wake the input after a while."""
        state, now = self.link.state, self.link.session.now()
        phase = state.runbook.phase(self.phase)
        point = phase.point_of_no_return
        self.query_one("#words", Prose).show(consequence(state, phase, point, now=now) if point else ())
        self._arming.again()
        self.set_timer(SLOW, self._wake)
        self.watch(self.app, "pulse", self.draw, init=False)
        self.draw()

    def _wake(self) -> None:
        field = self.query_one("#fact", TypedInput)
        field.disabled = False
        field.focus()

    def draw(self) -> None:
        """Show what the gates say now; close when the engine closed it."""
        state, now = self.link.state, self.link.session.now()
        approach = state.approach
        if approach is None or approach.phase != self.phase:
            if self._asked:
                self._close()
            return
        self._asked = True
        head: Body = (line(strong("Asked again just now"), quiet("  an answer holds for a minute")),)
        self.query_one("#gates", Prose).show(
            (line(), *head, *gate_lines(state, approach, now=now)) if approach.gates else ()
        )
        reading = line(strong("Recorded before the first change"), quiet("  read what you type off here"))
        self.query_one("#facts", Prose).show((line(), reading, *reading_list(state)))
        self.query_one("#standing", Prose).show((standing(state, approach, now=now),))
        self.query_one("#asks", Label).update(content(line(strong(f"Type {one_line(approach.asks)}", Tone.DANGER))))

    @on(TypedInput.PasteRefused)
    def _pasted(self) -> None:
        self._answer.say("this has to be typed", remedy="pasting is refused here")

    @on(Input.Submitted, "#fact")
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._arming.armed:
            self.action_too_soon()
            return
        if not event.value:
            self._answer.say("nothing was typed", remedy="type the fact that is asked for; enter alone passes nothing")
            return
        command = c.PassPointOfNoReturn(phase=self.phase, typed=event.value)
        event.input.clear()  # before the answer: what is typed while it is on its way belongs to the next try
        if await accepted(self.link.session, command, answer=self._answer):
            self._close()

    def _close(self) -> None:
        """Close once: the answer and the record of it come in either order."""
        if not self._over:
            self._over = True
            self.dismiss()

    def action_too_soon(self) -> None:
        """Say that a key came before the dialog could be read."""
        self._answer.say("that came before the dialog could be read", remedy="read it, then type")

    def action_nothing(self) -> None:
        """Keep the palette shut over a dialog."""
        self._answer.say("this dialog is open", remedy="pass it, or leave it with f10")

    @property
    def _answer(self) -> Foot:
        return self.query_one(Foot)

    def action_leave(self) -> None:
        """Close it, in the engine too."""
        self.app.run_worker(submitted(self.link.session, c.LeavePointOfNoReturn(phase=self.phase)))
        self._close()
