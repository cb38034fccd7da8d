"""The forms, one for each thing that a person is asked for. Rule: what cannot be taken back says so in its dialog."""

from datetime import datetime

from console.core.gates import roles_of
from console.core.runbook import Phase, Step
from console.core.state import RunState, Status
from console.views.amendment import amendment_form
from console.views.checklist import missing_roles
from console.views.detail import beside, phase_price
from console.views.forms import NO, YES, Field, Form, Option
from console.views.keys import Action, signing_role
from console.views.pending import waiver_asked
from console.views.previews import preview_of
from console.views.results import check_lines, shown_rows
from console.views.rows import Body, Span, labelled, line, quiet, strong
from console.views.selection import step_of
from console.views.text import one_line
from console.views.tones import Tone
from console.views.undo_price import way_back

NOTE = Field(name="note", label="Note", hint="for the record; may stay empty")


def form_for(state: RunState, action: Action, selected: str, *, account: str, now: datetime) -> Form:
    """Return the form of an action. Raises KeyError for one that asks nothing."""
    step_id = step_of(selected)
    step = state.step(step_id) if step_id else None
    if step is not None and (form := _about_step(state, action, step, account=account)):
        return form
    if action is Action.AMEND and state.amendment is not None:
        return amendment_form(state, state.amendment, account=account, now=now)
    return {
        Action.UNDO: undo_form(state, way_back(state), now=now),
        Action.NOTE: note_form(step),
        Action.ABORT: abort_form(state),
        Action.TAKE_OVER: take_over_form(state),
        Action.FINISH: finish_form(),
        **({Action.CANCEL: cancel_form(state)} if state.under_way() else {}),
    }[action]


def _about_step(state: RunState, action: Action, step: Step, *, account: str) -> Form | None:
    match action:
        case Action.CONFIRM:
            return confirm_form(state, step)
        case Action.REJECT:
            return _reason(step, action, title="Not as it should be", label="What is wrong", submit="reject it")
        case Action.NOT_APPLICABLE:
            return _reason(step, action, title="Not applicable", label="Why it does not apply", submit="leave it out")
        case Action.SIGN:
            return sign_form(state, step, account=account)
        case Action.SETTLE:
            return settle_form(state, step)
        case Action.WAIVE:
            return waive_form(state, step, account=account)
        case _:
            return None


def _head(step: Step) -> Body:
    return (line(strong(one_line(step.title))),)


def _reason(step: Step, action: Action, *, title: str, label: str, submit: str) -> Form:
    field = Field(name="reason", label=label)
    return Form(action=action, subject=step.id, title=title, body=_head(step), fields=(field,), submit=submit)


def confirm_form(state: RunState, step: Step) -> Form:
    """Ask for a person's word on a step, and for what they saw."""
    current = state.steps[step.id]
    if current.status is Status.JUDGING:
        seen = (*shown_rows(current.columns, current.rows), line())
        question = line(Span(one_line(current.summary, limit=1000), Tone.WAITING, strong=True))
        otherwise = line(quiet("If it is not right, leave this and press "), strong("R"), quiet("."))
        measured = (part for each in current.checks for part in check_lines(each))
        body = (*_head(step), *measured, *seen, question, otherwise)
        return Form(
            action=Action.CONFIRM,
            subject=step.id,
            title="To be judged",
            body=body,
            fields=(NOTE,),
            submit="it is right",
        )
    preview = preview_of(state, step)
    back = state.undo is not None and step.id in state.undo.remaining
    words = beside(step.title, preview.undo if back else preview.words)
    body = (*_head(step), *((line(one_line(words, limit=2000)),) if words else ()), *_expected(step))
    observe = one_line(step.data.get("observe", ""))
    value = (Field(name="value", label="Seen", hint=observe),) if observe or back else ()
    title, submit = ("Taken back", "it is taken back") if back else ("Confirm", "it is done")
    return Form(action=Action.CONFIRM, subject=step.id, title=title, body=body, fields=(*value, NOTE), submit=submit)


def _expected(step: Step) -> Body:
    expected = step.data.get("expect", "")
    if not expected:
        return ()
    return (line(quiet("should be  "), one_line(expected), quiet("  another value needs a note that says why")),)


def sign_form(state: RunState, step: Step, *, account: str) -> Form:
    """Ask for the role to sign in."""
    current, own = state.steps[step.id], roles_of(state, account)
    preview = preview_of(state, step)
    signed = labelled((each.role, f"signed by {each.account}") for each in current.signatures)
    missing = dict.fromkeys(missing_roles(step, current))
    options = tuple(Option(value=role, label=f"{role}{'' if role in own else '  (not yours)'}") for role in missing)
    chosen = signing_role(state, step, account)
    return Form(
        action=Action.SIGN,
        subject=step.id,
        title="Sign off",
        body=(
            *_head(step),
            line(one_line(beside(step.title, preview.words), limit=2000)),
            *signed,
            line(quiet(f"{account} signs as")),
        ),
        options=options,
        chosen=chosen,
        fields=(NOTE,),
        submit="sign",
    )


def waive_form(state: RunState, step: Step, *, account: str) -> Form:
    """Ask for the reason to pass a step without doing it; a second person is shown it and agrees."""
    current = state.steps[step.id]
    asked = waiver_asked(current)
    means = line("It counts as done without having been done; what comes after it rests on that.")
    failed = labelled((("error", Span(one_line(current.error, limit=1000), Tone.BAD)),))
    if asked is None or asked.by == account:
        again = (line(quiet("you asked  "), one_line(asked.reason, limit=1000)),) if asked else ()
        return Form(
            action=Action.WAIVE,
            subject=step.id,
            title="Waive the step",
            body=(*_head(step), *failed, *again, means, line(quiet("Another person has to agree with it."))),
            fields=(Field(name="reason", label="Reason", hint="why it can be passed without being done"),),
            agrees_to=asked,
            submit="ask for it",
        )
    facts = labelled((("asked by", asked.by), ("reason", strong(one_line(asked.reason, limit=2000)))))
    return Form(
        action=Action.WAIVE,
        subject=step.id,
        title="Agree to waive the step",
        body=(*_head(step), *failed, *facts, means, line(quiet("Type "), strong(step.id), quiet(" to agree."))),
        fields=(Field(name="typed", label="Step", hint="the id of the step", typed=True), NOTE),
        fact=step.id,
        agrees_to=asked,
        submit="agree",
        tone="danger",
    )


def settle_form(state: RunState, step: Step) -> Form:
    """Ask what is known of a step in doubt."""
    current = state.steps[step.id]
    facts = labelled(
        (
            ("sent", f"{current.started_at:%H:%M:%S} UTC" if current.started_at else ""),
            ("error", one_line(current.error, limit=1000)),
            ("found out", one_line(current.summary, limit=1000)),
        )
    )
    what = "taken back" if current.action == "undo" else "done"
    happened = Option(value=YES, label=f"It happened: the step counts as {what}")
    answers: tuple[Option, ...] = (Option(value=NO, label="It did not happen: it can be started again"),)
    if not (step.asks_again and current.action == "run"):
        answers = (happened, *answers)
    return Form(
        action=Action.SETTLE,
        subject=step.id,
        title="In doubt: did it happen?",
        body=(
            *_head(step),
            *facts,
            line(Span("Look at the database itself before you answer.", Tone.DOUBT, strong=True)),
        ),
        options=answers,
        fields=(Field(name="evidence", label="Evidence", hint="what you looked at, and what it showed"),),
        submit="settle it",
        tone="danger",
    )


def note_form(step: Step | None) -> Form:
    """Ask for a remark."""
    body = (line(quiet("about  "), one_line(step.title)),) if step else ()
    return Form(
        action=Action.NOTE,
        subject=step.id if step else "",
        title="Note",
        body=body,
        fields=(Field(name="text", label="Note", hint="goes into the journal"),),
        submit="write it down",
    )


def cancel_form(state: RunState) -> Form:
    """Ask whether the step under way is to be cancelled."""
    step = state.step(state.under_way() or "")
    return Form(
        action=Action.CANCEL,
        subject=step.id,
        title="Cancel",
        body=(
            *_head(step),
            line("The server is asked to stop it. What its open transaction holds is rolled back;"),
            line("what it has committed stays, and it can go on from there."),
        ),
        submit="cancel the step",
    )


def undo_form(state: RunState, phase: Phase, *, now: datetime) -> Form:
    """Ask for the phase's id before it is taken back."""
    rollback = (line(), line(quiet("going back  "), one_line(phase.rollback, limit=2000))) if phase.rollback else ()
    return Form(
        action=Action.UNDO,
        subject=phase.id,
        title=f"Undo {one_line(phase.title)}",
        body=(
            *phase_price(state, phase, now=now),
            *rollback,
            line(),
            line(
                quiet("Afterwards the schema is compared with the one before. Type "),
                strong(phase.id),
                quiet(" to undo it."),
            ),
        ),
        fields=(Field(name="typed", label="Phase", hint="the id of the phase", typed=True),),
        submit="undo the phase",
        tone="danger",
    )


def abort_form(state: RunState) -> Form:
    """Ask for the reason before the run is ended for good."""
    return Form(
        action=Action.ABORT,
        title="Abort the run",
        body=(
            line(Span("The run ends here, for good. Nothing is taken back by that.", Tone.DANGER, strong=True)),
            line("To go back instead, leave this dialog and undo the phase."),
            line(quiet(f"{state.target.name}, {state.started.environment}")),
        ),
        fields=(Field(name="reason", label="Reason", hint="why the run ends before its end"),),
        submit="abort the run",
        tone="danger",
    )


def take_over_form(state: RunState) -> Form:
    """Ask why somebody else leads from here on."""
    return Form(
        action=Action.TAKE_OVER,
        title="Take the driver’s seat",
        body=(line(f"{state.driver} drives this run. From then on you do, and the journal says so."),),
        fields=(Field(name="reason", label="Reason", hint="may stay empty"),),
        submit="take over",
    )


def finish_form() -> Form:
    """Ask for a last remark before the run is closed."""
    return Form(
        action=Action.FINISH,
        title="Finish the run",
        body=(line("Everything is done. The journal is sealed; nothing can be added after that."),),
        fields=(NOTE,),
        submit="finish the run",
    )
