"""Puts an amendment up: asks for the file, shows the difference, then sends exactly what was shown.

Rule: what is wrong with the file is told here, with line and column; a file that changed meanwhile changes nothing.
"""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from console.core.commands import Amend, AmendTo
from console.core.errors import InvalidDocument, RunbookConsoleError
from console.tui.arming import SOON, Arming
from console.tui.ink import content
from console.tui.link import Link
from console.tui.screens.asking import accepted
from console.tui.widgets.foot import Foot
from console.tui.widgets.prose import Prose
from console.views.amendment import proposal, proposal_body
from console.views.difference import difference_body
from console.views.rows import Body, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone

ASKED: Body = (
    line("A later step of this run is changed, added or dropped; what was begun stays as it is."),
    line(quiet("The file is read and the difference shown before anything is sent.")),
)


class AmendScreen(ModalScreen[None]):
    """Two steps in one dialog: enter on the last field reads the file, enter again sends what was shown."""

    CSS_PATH = "amend.tcss"
    AUTO_FOCUS = "#file"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,ctrl+q", "leave", "leave", priority=True),
        Binding("ctrl+p", "nothing", show=False, priority=True),
        Binding("pageup", "read(-1)", show=False, priority=True),
        Binding("pagedown", "read(1)", show=False, priority=True),
    ]

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self._arming = Arming(SOON)
        self._read: AmendTo | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        dialog = Vertical(classes="dialog -danger")
        dialog.border_title = content(line(strong("Amend the runbook", Tone.DANGER)))
        with dialog:
            yield Prose(id="body", passive=True)
            yield Label(content(line("File")), classes="label")
            yield _field("file", "the changed runbook, whole, on this machine")
            yield Label(content(line("Reason")), classes="label")
            yield _field("reason", "why the runbook changes")
            yield Prose(id="reading", passive=True)
            yield Foot(("enter", "next"), ("pgup pgdn", "read"), ("f10", "leave"))

    def on_mount(self) -> None:
        """Say what it is about."""
        self.query_one("#body", Prose).show(ASKED)
        self._arming.again()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        """Forget what was read: what is sent is what the fields say."""
        event.stop()
        if self._read is not None:
            self._read = None
            self.query_one("#body", Prose).show(ASKED)
            self._show(())

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._arming.armed:
            self._answer.say("that came before it could be read", remedy="read it, then press enter")
        elif event.input.id == "file":
            self.query_one("#reason", Input).focus()
        elif self._busy:
            self._answer.say("the answer is on its way", remedy="wait for it")
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        self._busy = True
        try:
            if self._read is None:
                await self._look()
            elif await accepted(self.link.session, _asked(self._read), answer=self._answer):
                self.dismiss()
        finally:
            self._busy = False

    async def _look(self) -> None:
        """Read the file and show the difference; it is kept only when nothing is in its way."""
        state = self.link.state
        file, reason = self.query_one("#file", Input).value.strip(), self.query_one("#reason", Input).value
        try:
            found = await asyncio.to_thread(_read, file, reason, state.started.environment)
        except RunbookConsoleError as error:
            self._show(_problems(error))
            self._answer.say("this file cannot be used", remedy="mend it, then press enter again")
            return
        shown = proposal(state, found, by=self.link.session.account, now=self.link.session.now())
        self._show(difference_body(shown.difference))
        self._arming.again()
        if shown.in_its_way:
            self.query_one("#body", Prose).show(proposal_body(shown))
            self._answer.say("it cannot be put up as it is", remedy="change the file, then press enter again")
            return
        self._read = found
        self._answer.say("")
        way = line(strong("Read the difference; enter puts exactly this up.", Tone.WAITING))
        self.query_one("#body", Prose).show((way, *proposal_body(shown)))

    def _show(self, body: Body) -> None:
        self.query_one("#reading", Prose).show(body, anew=True)

    @property
    def _answer(self) -> Foot:
        return self.query_one(Foot)

    def action_read(self, pages: int) -> None:
        """Scroll the difference."""
        reading = self.query_one("#reading", Prose)
        reading.scroll_relative(y=pages * max(reading.size.height - 1, 1), animate=False)

    def action_nothing(self) -> None:
        """Keep the palette shut over a dialog."""
        self._answer.say("a dialog is open", remedy="answer it, or leave it with f10")

    def action_leave(self) -> None:
        """Close it; nothing is sent."""
        self.dismiss()


def _field(name: str, hint: str) -> Input:
    field = Input(id=name, placeholder=hint)
    field.cursor_blink = False
    return field


def _read(file: str, reason: str, environment: str) -> AmendTo:
    """Read a changed runbook. Raises RunbookError, InvalidDocument."""
    from console.storage.amended import amended_by

    return amended_by(Path(file).expanduser(), reason=reason, environment=environment)


def _asked(read: AmendTo) -> Amend:
    return Amend(source=read.source, source_name=read.source_name, reason=read.reason)


def _problems(error: RunbookConsoleError) -> Body:
    """Return what is wrong with a file, each problem with its line and column."""
    told = error.problems if isinstance(error, InvalidDocument) else (str(error),)
    return tuple(line(Span("✖ ", Tone.BAD, strong=True), one_line(each, limit=1000)) for each in told)
