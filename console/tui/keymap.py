"""Every key of the run screen and of the replay, once.

Rule: bindings, help, palette and the README are made from it.
"""

from msgspec import Struct
from textual.binding import Binding, BindingType


class Shortcut(Struct, frozen=True):
    """A key, what it does, and the screen's action."""

    key: str
    words: str
    action: str


RUN = (
    Shortcut("enter", "run, confirm, sign or settle what is selected", "ask('go')"),
    Shortcut("c", "confirm a step that a person does", "ask('confirm')"),
    Shortcut("R", "reject what is to be judged or was asked", "ask('reject')"),
    Shortcut("N", "say that a step does not apply, and why", "ask('not_applicable')"),
    Shortcut("s", "sign a checkpoint off", "ask('sign')"),
    Shortcut("w", "waive a step, or agree to what somebody asks to waive", "ask('waive')"),
    Shortcut("d", "settle a step in doubt", "ask('settle')"),
    Shortcut("n", "note something for the record", "ask('note')"),
    Shortcut("p", "pause the run at its next boundary, or let it go on", "ask('pause')"),
    Shortcut("x", "cancel the step under way, or give up entering its phase", "ask('cancel')"),
    Shortcut("e", "end a session that a step waits for", "ask('end_session')"),
    Shortcut("u", "undo the latest phase, step by step", "ask('undo')"),
    Shortcut("A", "amend the runbook, or approve or withdraw what waits", "ask('amend')"),
    Shortcut("a", "abort the run for good", "ask('abort')"),
    Shortcut("f", "look back, and finish the run", "ask('finish')"),
    Shortcut("t", "take the driver’s seat", "ask('take_over')"),
    Shortcut("r", "start an engine again after it was lost", "reconnect"),
    Shortcut("full_stop", "go to what is next", "follow"),
    Shortcut("slash", "find a step", "find"),
    Shortcut("1,2,3,4,5", "Step, SQL, Result, Undo, Locks", "tab"),
    Shortcut("tab", "next pane", "app.focus_next"),
    Shortcut("question_mark,f1", "help", "help"),
    Shortcut("ctrl+p", "all of this by name", "palette"),
    Shortcut("q,f10", "leave the screen", "leave"),
)

REPLAY = (
    Shortcut("right,l", "one record forward", "step(1)"),
    Shortcut("left,h", "one record back", "step(-1)"),
    Shortcut("pagedown", "twenty records forward", "step(20)"),
    Shortcut("pageup", "twenty records back", "step(-20)"),
    Shortcut("home", "the first record", "jump_first"),
    Shortcut("end", "the last record", "jump_last"),
    Shortcut("space", "play the film, or hold it", "play"),
    Shortcut("g", "go to a record’s number or a time", "go_to"),
    Shortcut("F", "the next failure or doubt", "next_trouble"),
    Shortcut("S", "the next signature", "next_signature"),
    Shortcut("slash", "find in the timeline", "find"),
    Shortcut("1,2,3,4,5", "Step, SQL, Result, Undo, Locks", "tab"),
    Shortcut("tab", "next pane", "app.focus_next"),
    Shortcut("question_mark,f1", "help", "help"),
    Shortcut("ctrl+p", "all of this by name", "palette"),
    Shortcut("q,f10,escape", "leave the replay", "leave"),
)


def bindings(shortcuts: tuple[Shortcut, ...]) -> list[BindingType]:
    """Return the bindings of a screen; those that move come before what the pane in focus does with its keys."""
    made: list[BindingType] = [
        Binding(each.key, each.action, each.words, show=False, priority=each.action.startswith(("step", "jump")))
        for each in shortcuts
        if each.action != "tab"
    ]
    return [*made, *(Binding(str(number), f"tab({number - 1})", show=False) for number in range(1, 6))]


_SPELT = {"full_stop": ".", "slash": "/", "question_mark": "?", "1,2,3,4,5": "1–5"}
_NOT_OFFERED = {"tab", "app.focus_next", "palette"}

PALETTE = tuple((each.words, each.action) for each in (*RUN, *REPLAY) if each.action not in _NOT_OFFERED)


def spelt(key: str) -> str:
    """Return keys as a person reads them."""
    whole = _SPELT.get(key)
    return whole or " ".join(_SPELT.get(each, each) for each in key.split(","))
