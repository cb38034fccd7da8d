"""A dialog made from a form.

Rule: enter goes to the next field and sends from the last; early keys answer nothing.
"""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from console.tui.arming import SOON, Arming
from console.tui.ink import content
from console.tui.link import Link
from console.tui.screens.asking import accepted
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.tui.widgets.row_list import RowList
from console.tui.widgets.typed_input import TypedInput
from console.views.forms import CHOICE, Field, Form, Option, command_of, lacking, outdated
from console.views.rows import Row, Span, line, strong
from console.views.tones import Tone


class FormScreen(ModalScreen[bool]):
    """Asks what a form asks, sends its command, and closes when that was accepted."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,ctrl+q", "leave", "leave", priority=True),
        Binding("enter", "next", "next", show=False),
        Binding("ctrl+p", "nothing", show=False, priority=True),
        Binding("pageup", "read(-1)", show=False, priority=True),
        Binding("pagedown", "read(1)", show=False, priority=True),
    ]

    def __init__(self, link: Link, form: Form) -> None:
        super().__init__()
        self.link, self.form = link, form
        self._chosen = form.chosen
        self._arming = Arming(SOON)
        self._sent = False

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        form = self.form
        dialog = Vertical(classes=f"dialog -{form.tone}")
        dialog.border_title = content(line(strong(form.title, Tone.DANGER if form.tone == "danger" else Tone.NEUTRAL)))
        with dialog:
            yield Prose(id="body", passive=True)
            if form.reading:
                yield Prose(id="reading", passive=True)
            if form.options:
                yield RowList(id="choice", classes="choice")
            for field in form.fields:
                yield Label(content(line(field.label)), classes="label")
                yield _input(field)
            more = (("pgup pgdn", "read"),) if form.reading else ()
            yield Foot(("enter", form.submit), *more, ("f10", "leave"))

    def on_mount(self) -> None:
        """Fill it in."""
        self.query_one("#body", Prose).show(self.form.body)
        if self.form.reading:
            self.query_one("#reading", Prose).show(self.form.reading)
        self._show_options()
        first = self.query("#choice, Input").first() if self.form.options or self.form.fields else None
        self.set_focus(first if first is not None else None)
        self._arming.again()

    def _show_options(self) -> None:
        if self.form.options:
            rows = tuple(_option_row(each, chosen=each.value == self._chosen) for each in self.form.options)
            places = [each.value for each in self.form.options]
            cursor = places.index(self._chosen) if self._chosen in places else -1
            self.query_one("#choice", RowList).show(rows, cursor=cursor)

    @on(RowList.Moved, "#choice")
    def _choose(self, event: RowList.Moved) -> None:
        event.stop()
        self._chosen = event.key
        self._show_options()

    @on(TypedInput.PasteRefused)
    def _pasted(self) -> None:
        self._answer.say("this has to be typed", remedy="pasting is refused here")

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        await self.action_next()

    async def action_next(self) -> None:
        """Go to the next field, or send the form from the last."""
        if not self._arming.armed:
            self._answer.say("that came before the question could be read", remedy="read it, then answer")
            return
        if missing := lacking(self.form, self._filled()):
            self._answer.say(missing, remedy="the arrows choose")
            return
        order = [each for each in self.query("#choice, Input") if each.can_focus]
        place = order.index(self.focused) if self.focused in order else len(order) - 1
        if place < len(order) - 1:
            self.set_focus(order[place + 1])
        elif not self._sent:
            await self._send()

    async def _send(self) -> None:
        """Send it once, however often enter is pressed while the answer is on its way."""
        if why := outdated(self.form, self.link.state):
            self._answer.say(why, remedy="leave this, and look at it again")
            return
        self._sent = True
        self._sent = await accepted(self.link.session, command_of(self.form, self._filled()), answer=self._answer)
        if self._sent:
            self.dismiss(result=True)

    def _filled(self) -> dict[str, str]:
        typed = {str(each.name): each.value for each in self.query(Input)}
        return {**typed, CHOICE: self._chosen}

    @property
    def _answer(self) -> Foot:
        return self.query_one(Foot)

    def action_leave(self) -> None:
        """Close it; nothing is sent."""
        self.dismiss(result=False)

    def action_read(self, pages: int) -> None:
        """Scroll what there is to read, wherever the cursor is."""
        for each in self.query("#reading").results(Prose):
            each.scroll_relative(y=pages * max(each.size.height - 1, 1), animate=False)

    def action_nothing(self) -> None:
        """Keep the palette shut over a dialog."""
        self._answer.say("a dialog is open", remedy="answer it, or leave it with f10")


def _input(field: Field) -> Input:
    made = TypedInput if field.typed else Input
    widget = made(name=field.name, placeholder=field.hint)
    widget.cursor_blink = False
    return widget


def _option_row(option: Option, *, chosen: bool) -> Row:
    mark = "(●) " if chosen else "( ) "
    return Row(key=option.value, left=line(Span(mark, strong=chosen), Span(option.label, strong=chosen)))
