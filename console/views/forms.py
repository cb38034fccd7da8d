"""What a dialog asks before a command goes out, and the command that its answers make.

Rule: a form says what will happen; the decider alone says whether it may.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from console.core import commands as c
from console.core.state import RunState, Waiver
from console.views.keys import Action
from console.views.rows import Body

Filled = Mapping[str, str]
"""Answers by the names of fields, and the chosen option under CHOICE."""

CHOICE = "choice"


class Field(Struct, frozen=True, kw_only=True):
    """One line to type."""

    name: str
    label: str
    hint: str = ""
    typed: bool = False
    """It has to be typed: pasting is refused."""


class Option(Struct, frozen=True, kw_only=True):
    """One of several answers."""

    value: str
    label: str


class Form(Struct, frozen=True, kw_only=True):
    """A dialog: what it is about, what it asks, what its button says."""

    action: Action
    subject: str = ""
    """The step or phase that it is about; empty for the whole run."""
    title: str
    body: Body = ()
    reading: Body = ()
    """More to read, as long as it likes: it scrolls."""
    options: tuple[Option, ...] = ()
    chosen: str = ""
    """The option that is chosen at first; empty: none."""
    fields: tuple[Field, ...] = ()
    fact: str = ""
    """What the field `typed` has to be; empty when the decider alone judges that."""
    agrees_to: Waiver | None = None
    """What was shown when the form was made; another one is not agreed to."""
    submit: str
    tone: Literal["calm", "danger"] = "calm"


def command_of(form: Form, filled: Filled) -> c.AnyCommand:
    """Return the command that a filled form asks for."""
    note, reason, subject = filled.get("note", ""), filled.get("reason", ""), form.subject
    commands: dict[Action, c.AnyCommand] = {
        Action.CONFIRM: c.ConfirmStep(step=subject, value=filled.get("value", ""), note=note),
        Action.REJECT: c.RejectStep(step=subject, reason=reason),
        Action.NOT_APPLICABLE: c.MarkNotApplicable(step=subject, reason=reason),
        Action.SIGN: c.SignOff(step=subject, role=filled.get(CHOICE, ""), note=note),
        Action.WAIVE: c.Waive(
            step=subject, reason=reason or note, agrees_to=form.agrees_to.reason if form.agrees_to else ""
        ),
        Action.AMEND: _on_amendment(form, filled),
        Action.SETTLE: c.ResolveDoubt(
            step=subject, happened=filled.get(CHOICE) == YES, evidence=filled.get("evidence", "")
        ),
        Action.NOTE: c.AddNote(text=filled.get("text", ""), step=subject),
        Action.CANCEL: c.CancelStep(step=subject),
        Action.UNDO: c.UndoPhase(phase=subject, typed=filled.get("typed", "")),
        Action.ABORT: c.Abort(reason=reason),
        Action.TAKE_OVER: c.TakeOver(reason=reason),
        Action.FINISH: c.Finish(note=note),
    }
    return commands[form.action]


def _on_amendment(form: Form, filled: Filled) -> c.AnyCommand:
    """Return what a person does about the amendment whose digest is the form's subject."""
    choice, note = filled.get(CHOICE, ""), filled.get("note", "")
    if choice == WITHDRAW:
        return c.WithdrawAmendment(reason=note)
    return c.ApproveAmendment(source_digest=form.subject, role=choice.removeprefix(_APPROVE), note=note)


def lacking(form: Form, filled: Filled) -> str:
    """Say what has to be chosen or typed before the form can be sent; empty when nothing has."""
    if form.options and not filled.get(CHOICE):
        return "choose one of the answers first"
    return f"type {form.fact} first" if form.fact and filled.get("typed", "").strip() != form.fact else ""


def outdated(form: Form, state: RunState) -> str:
    """Say why a form does not show any more what its command would be about; empty when it does."""
    if form.action is not Action.WAIVE:
        return ""
    now = state.steps[form.subject].waiver if form.subject in state.steps else None
    return "" if now == form.agrees_to else "what was asked for has changed since this was opened"


def approving(role: str) -> str:
    """Return the answer that approves an amendment in a role."""
    return _APPROVE + role


WITHDRAW = "withdraw"
_APPROVE = "approve as "


YES = "yes"
NO = "no"
