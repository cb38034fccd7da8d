"""What waits for people beside the next step: a phase's entry, a waiver, an amendment.

Rule: it names whose part it is, and the key or the way out.
"""

from collections.abc import Iterator

from console.core.decide_amend import missing_approvals
from console.core.gates import Gate, begun
from console.core.runbook import Step
from console.core.state import Amendment, Entering, RunState, StepState, Waiver
from console.views.rows import Line, Row, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


def asking_words(state: RunState, entering: Entering) -> str:
    """Say how far the checks are that are asked again before a phase is entered: `asking 2 of 3 checks again …`."""
    number = min(len(entering.asked) + 1, len(entering.gates))
    return f"asking {number} of {len(entering.gates)} checks again before {_phase(state, entering.phase)}"


def kept_out_of(state: RunState, step: Step) -> Gate | None:
    """Return why the phase of a step was not entered, and the way out; None when that was not so."""
    left = state.kept_out
    phase = state.phase_of(step.id)
    if left is None or left.phase != phase.id or begun(state, phase):
        return None
    return Gate(one_line(left.reason, limit=1000), one_line(left.remedy, limit=1000))


def waiver_asked(current: StepState) -> Waiver | None:
    """Return the waiver of a step that a second person has not agreed to yet."""
    return current.waiver if current.waiver is not None and not current.waiver.agreed_by else None


def waivers_asked(state: RunState) -> Iterator[tuple[Step, Waiver]]:
    """Yield the steps that somebody wants waived, in the order of the document."""
    for step in state.runbook.steps():
        if waiver := waiver_asked(state.steps[step.id]):
            yield step, waiver


def waiver_words(title: str, waiver: Waiver) -> str:
    """Say who wants a step waived, and why."""
    return f"{waiver.by} asks to waive “{one_line(title)}”: {one_line(waiver.reason)}"


def amendment_words(amendment: Amendment) -> str:
    """Say whose amendment waits for whose approval."""
    return f"amendment by {amendment.by} waits for: {', '.join(missing_approvals(amendment))}"


def asks(state: RunState) -> tuple[str, ...]:
    """Return what waits for people, for a status line and for programs."""
    if state.ending is not None:
        return ()
    amendment = (amendment_words(state.amendment),) if state.amendment is not None else ()
    return (*amendment, *(waiver_words(step.title, waiver) for step, waiver in waivers_asked(state)))


def pending_row(state: RunState, *, account: str, said_already: str) -> Row | None:
    """Return the line that says what waits for people; None when nothing does.

    A waiver of the step `said_already` is left out: the line of what is next says it.
    """
    if state.ending is not None:
        return None
    lines = [*_amendment(state), *_waivers(state, account=account, said_already=said_already)]
    if not lines:
        return None
    parts = tuple(span for each in lines for span in (*each, quiet("   ")))[:-1]
    return Row(key="pending", left=(strong("asks  ", Tone.WAITING), *parts))


def _amendment(state: RunState) -> Iterator[Line]:
    if state.amendment is not None:
        yield line(Span(amendment_words(state.amendment), Tone.WAITING), quiet(" — "), strong("A"), quiet(" shows it"))


def _waivers(state: RunState, *, account: str, said_already: str) -> Iterator[Line]:
    for step, waiver in waivers_asked(state):
        if step.id != said_already:
            words = Span(waiver_words(step.title, waiver), Tone.WAITING)
            yield line(*_waiver_key(waiver, account=account), words)


def _waiver_key(waiver: Waiver, *, account: str) -> Line:
    """Say which key agrees to a waiver, or that somebody else has to; what it is about follows."""
    if account == waiver.by:
        return (quiet("somebody else has to agree: "),)
    return (quiet("select it, "), strong("w"), quiet(" agrees: "))


def _phase(state: RunState, phase: str) -> str:
    return one_line(next((each.title for each in state.runbook.phases if each.id == phase), phase))
