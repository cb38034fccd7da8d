"""Which key does what for the selection, and why it does not.

Rule: it asks the decider with a trial command, and nobody else.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from console.core import commands as c
from console.core import gates
from console.core.commands import Refused
from console.core.decide import decide
from console.core.runbook import Step
from console.core.state import RunState, Status
from console.views.checklist import missing_roles, to_take_back
from console.views.lock_tree import blockers_of
from console.views.locks import awaited, endable
from console.views.selection import phase_of, point_of, step_of
from console.views.undo_price import way_back

WORD = "word"
"""Stands for what a person would say in a trial command."""


AGREE = "agree to waive"
WAITING_AMENDMENT = "amendment"


class Action(StrEnum):
    """What a key asks for; the value is the name of the screen's action."""

    GO = "go"
    RUN = "run_step"
    CONFIRM = "confirm"
    REJECT = "reject"
    NOT_APPLICABLE = "not_applicable"
    SIGN = "sign"
    WAIVE = "waive"
    SETTLE = "settle"
    POINT = "pass_point"
    NOTE = "note"
    PAUSE = "pause"
    CANCEL = "cancel"
    END_SESSION = "end_session"
    UNDO = "undo"
    AMEND = "amend"
    ABORT = "abort"
    TAKE_OVER = "take_over"
    FINISH = "finish"


class Key(Struct, frozen=True, kw_only=True):
    """A key, and whether it does anything at the moment."""

    key: str
    """As the terminal names it; empty when only `enter` leads to it."""
    action: Action
    label: str
    reason: str = ""
    """Why it does nothing; empty when it does."""
    remedy: str = ""

    @property
    def enabled(self) -> bool:
        """Whether it does something."""
        return not self.reason


class Desk(Struct, frozen=True, kw_only=True):
    """Who sits at the screen, and with what authority."""

    account: str
    replaying: bool = False
    watching: bool = False
    connected: bool = True


_WATCHER = (c.AddNote, c.Pause, c.SignOff, c.Waive, c.ApproveAmendment)
"""What a screen without authority may still ask for."""


def refusal(state: RunState, command: c.AnyCommand, desk: Desk, now: datetime) -> Refused | None:
    """Return why a command would be refused, or None."""
    if desk.replaying:
        return Refused(reason="this is a replay: nothing can be changed", remedy="q leaves it")
    if not desk.connected and state.ending is None:
        return Refused(reason="no engine answers", remedy="r starts it again")
    if desk.watching and not isinstance(command, _WATCHER):
        return Refused(reason="this screen only watches", remedy="attach with `runbook run` to drive")
    answer = decide(state, command, desk.account, now)
    return answer if isinstance(answer, Refused) else None


def keys(state: RunState, selected: str, *, desk: Desk, now: datetime) -> tuple[Key, ...]:
    """Return all keys that ask for something, for what is selected."""
    trials = {**(_of_selection(state, selected, desk) if selected else {}), **_of_run(state)}
    found = [
        special(state, desk=desk, now=now)
        if (special := _SPECIAL.get(action))
        else _key(state, action, trials.get(action), desk=desk, now=now)
        for action in _KEYS
    ]
    return (_go(state, selected, found), *found)


_KEYS: dict[Action, tuple[str, str]] = {
    Action.RUN: ("", "run"),
    Action.CONFIRM: ("c", "confirm"),
    Action.REJECT: ("R", "reject"),
    Action.NOT_APPLICABLE: ("N", "does not apply"),
    Action.SIGN: ("s", "sign"),
    Action.WAIVE: ("w", "waive"),
    Action.SETTLE: ("d", "settle doubt"),
    Action.POINT: ("", "point of no return"),
    Action.NOTE: ("n", "note"),
    Action.PAUSE: ("p", "pause"),
    Action.CANCEL: ("x", "cancel"),
    Action.END_SESSION: ("e", "end session"),
    Action.UNDO: ("u", "undo"),
    Action.AMEND: ("A", "amend"),
    Action.ABORT: ("a", "abort"),
    Action.TAKE_OVER: ("t", "take over"),
    Action.FINISH: ("f", "finish"),
}


def _of_run(state: RunState) -> dict[Action, c.AnyCommand]:
    busy = state.entering.then.step if state.entering is not None else state.under_way()
    return {
        Action.NOTE: c.AddNote(text=WORD),
        Action.PAUSE: c.Unpause() if state.paused else c.Pause(),
        Action.ABORT: c.Abort(reason=WORD),
        Action.TAKE_OVER: c.TakeOver(),
        Action.UNDO: c.UndoPhase(phase=way_back(state).id, typed=way_back(state).id),
        Action.FINISH: c.Finish(),
        **({Action.CANCEL: c.CancelStep(step=busy)} if busy else {}),
    }


def _of_selection(state: RunState, selected: str, desk: Desk) -> dict[Action, c.AnyCommand]:
    whole: dict[Action, c.AnyCommand] = {
        Action.POINT: c.ApproachPointOfNoReturn(phase=phase_of(state, selected).id),
    }
    step_id = step_of(selected)
    if step_id is None:
        return whole
    step = state.step(step_id)
    return {
        Action.CANCEL: c.CancelStep(step=step_id),
        **whole,
        Action.RUN: c.StartStep(step=step_id),
        Action.CONFIRM: c.ConfirmStep(step=step_id, value=WORD, note=WORD),
        Action.REJECT: c.RejectStep(step=step_id, reason=WORD),
        Action.NOT_APPLICABLE: c.MarkNotApplicable(step=step_id, reason=WORD),
        Action.SIGN: c.SignOff(step=step_id, role=signing_role(state, step, desk.account)),
        Action.WAIVE: c.Waive(step=step_id, reason=WORD),
        Action.SETTLE: c.ResolveDoubt(step=step_id, happened=False, evidence=WORD),
    }


def signing_role(state: RunState, step: Step, account: str) -> str:
    """Return the missing role that an account would sign in, its own if it has one."""
    missing = missing_roles(step, state.steps[step.id])
    own = gates.roles_of(state, account)
    return next((role for role in missing if role in own), missing[0] if missing else "")


def _key(state: RunState, action: Action, command: c.AnyCommand | None, *, desk: Desk, now: datetime) -> Key:
    key, label = _KEYS[action]
    label = _label(state, command, desk) or label
    if command is None:
        return Key(key=key, action=action, label=label, reason="no step is selected", remedy="select one")
    refused = refusal(state, command, desk, now)
    if action is Action.FINISH and refused is not None:
        return Key(key=key, action=action, label="look back")
    if refused is None:
        return Key(key=key, action=action, label=label)
    return Key(key=key, action=action, label=label, reason=refused.reason, remedy=refused.remedy)


def _label(state: RunState, command: c.AnyCommand | None, desk: Desk) -> str:
    """Return another word for a key; empty when its usual one fits."""
    match command:
        case c.Unpause():
            return "go on"
        case c.CancelStep() if state.entering is not None:
            return "give up"
        case c.Waive(step=step) if (asked := state.steps[step].waiver) and asked.by != desk.account:
            return AGREE
        case _:
            return ""


def _amend(state: RunState, *, desk: Desk, now: datetime) -> Key:
    """Return the key for amendments: everyone may look at one that waits, the driver may put one up."""
    key, label = _KEYS[Action.AMEND]
    if state.amendment is not None and state.ending is None:
        return Key(key=key, action=Action.AMEND, label=WAITING_AMENDMENT)
    trial = c.Amend(source="", source_name="", reason=WORD)
    refused = refusal(state, trial, desk, now)
    if refused is None or (state.ending is None and refused == decide(state, trial, state.driver, now)):
        return Key(key=key, action=Action.AMEND, label=label)  # all that is missing is the text
    return Key(key=key, action=Action.AMEND, label=label, reason=refused.reason, remedy=refused.remedy)


def _end_session(state: RunState, *, desk: Desk, now: datetime) -> Key:
    """Return the key that ends who is in the way; the first of them stands for all."""
    key, label = _KEYS[Action.END_SESSION]
    busy = state.under_way()
    lock = awaited(state.steps[busy]) if busy else None
    first = next(iter((*endable(lock), *blockers_of(lock.sessions))), None) if lock is not None else None
    if busy is None or lock is None or first is None:
        why = "who holds the lock was not seen" if lock is not None else "nothing waits for a lock"
        return Key(key=key, action=Action.END_SESSION, label=label, reason=why, remedy="there is no session to end")
    trial = c.EndSession(step=busy, pid=first.pid, since=first.since, how="cancel", typed=str(first.pid), reason=WORD)
    found = refusal(state, trial, desk, now)
    if found is None:
        return Key(key=key, action=Action.END_SESSION, label=label)
    return Key(key=key, action=Action.END_SESSION, label=label, reason=found.reason, remedy=found.remedy)


_SPECIAL = {Action.AMEND: _amend, Action.END_SESSION: _end_session}
"""Keys that one trial command does not decide about."""


def _go(state: RunState, selected: str, found: list[Key]) -> Key:
    """Return the key enter: whatever fits the selection."""
    action, label = fitting(state, selected)
    fits = next(each for each in found if each.action is action)
    return Key(key="enter", action=Action.GO, label=label, reason=fits.reason, remedy=fits.remedy)


def fitting(state: RunState, selected: str) -> tuple[Action, str]:
    """Return what enter does for a selection, and what it is called."""
    if not selected:
        return Action.FINISH, "look back"
    if (undo := _going_back(state, selected)) is not None:
        return undo
    if point_of(selected) is not None:
        return Action.POINT, "point of no return"
    step, current = state.step(selected), state.steps[selected]
    if current.status is Status.IN_DOUBT:
        return Action.SETTLE, "settle"
    if current.status is Status.JUDGING:
        return Action.CONFIRM, "judge"
    if step.driven_by == "signatures":
        return Action.SIGN, "sign off"
    if step.driven_by == "person":
        return Action.CONFIRM, "confirm"
    return Action.RUN, {Status.FAILED: "run again", Status.INTERRUPTED: "go on"}.get(current.status, "run")


def _going_back(state: RunState, selected: str) -> tuple[Action, str] | None:
    """Return what enter does while a phase is taken back: go on with that; None when something else comes first."""
    if state.undo is None or state.in_doubt():
        return None
    if point_of(selected) is None and to_take_back(state, selected):
        return None
    return Action.UNDO, "go on with the undo"
