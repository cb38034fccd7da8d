"""What can hold a whole run or a phase: one run for each condition, and one command of each type to try on it.

But for the condition, every command that starts or says something about a step of `expand` would be allowed.
"""

from collections.abc import Callable

from console.core import commands as c
from console.core import events as e
from console.core.runbook import Soak
from tests.core.build import DRIVER, SECOND, Story, amend_to, awaited, end_session, phase, point, step


def commands(step_name: str = "", phase_name: str = "") -> dict[str, c.AnyCommand | c.AmendTo]:
    """Return a command of each type, aimed at the usual places or at those named."""
    run, tick, sign, first = (step_name or each for each in ("work", "tick", "sign", "first"))
    contract, expand = (phase_name or each for each in ("contract", "expand"))
    found: tuple[c.AnyCommand | c.AmendTo, ...] = (
        c.StartStep(step=run),
        c.UndoStep(step=first),
        c.ConfirmStep(step=tick),
        c.RejectStep(step=tick, reason="it is wrong"),
        c.MarkNotApplicable(step=tick, reason="not here"),
        c.SignOff(step=sign, role="reviewer"),
        c.Waive(step=run, reason="it is not needed here"),
        c.CancelStep(step=first),
        c.ResolveDoubt(step=first, happened=True, evidence="the column is there"),
        end_session(first),
        c.ApproachPointOfNoReturn(phase=contract),
        c.LeavePointOfNoReturn(phase=contract),
        c.PassPointOfNoReturn(phase=contract, typed="app.db"),
        c.UndoPhase(phase=expand, typed=expand),
        c.Amend(source="", source_name="tested.yaml", reason="it was wrong"),
        amend_to(story(more=True).state.runbook),
        c.ApproveAmendment(source_digest="new", role="reviewer"),
        c.WithdrawAmendment(),
        c.Pause(),
        c.Unpause(),
        c.AddNote(text="pager quiet", step=run),
        c.TakeOver(),
        c.Abort(reason="enough"),
        c.Finish(),
        c.StopEngine(),
    )
    return {type(command).__name__: command for command in found}


def story(*, any_order: bool = True, soak: bool = False, more: bool = False, reads: bool = False) -> Story:
    expand = phase(
        "expand",
        step("first", undo="back"),
        step("work", undo="back"),
        step("tick", "person", undo="put it back"),
        step("sign", "signatures", signatures=("reviewer",)),
        any_order=any_order,
        requires=(Soak(soak="1h", since="prepare"),) if soak else (),
    )
    drop = (step(name, restore="from the backup") for name in ("drop", "extra")[: 1 + more])
    contract = phase("contract", *drop, point_of_no_return=point())
    count = (step("count", asks_again=True),) if reads else ()
    return Story(phase("prepare", step("other", undo="back"), *count), expand, contract, risk="low")


def nothing_holds() -> Story:
    told = story()
    told.run("other", "first")
    return told


def phase_locked() -> Story:
    return story()


def soaking() -> Story:
    told = story(soak=True)
    told.run("other")
    told.later(3599)
    return told


def out_of_order() -> Story:
    told = story(any_order=False)
    told.run("other")
    return told


def another_under_way() -> Story:
    told = story()
    told.run("other")
    told.do(c.StartStep(step="first"))
    return told


def lock_awaited() -> Story:
    told = another_under_way()
    told.tell(awaited("first"))
    return told


def session_being_ended() -> Story:
    told = lock_awaited()
    told.do(end_session("first"))
    return told


def in_doubt_elsewhere() -> Story:
    told = another_under_way()
    told.tell(e.StepLost(step="first", error="connection lost"))
    return told


def paused() -> Story:
    told = nothing_holds()
    told.do(c.Pause(reason="load"), by=SECOND)
    return told


def undo_under_way() -> Story:
    told = nothing_holds()
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    return told


def undo_failed() -> Story:
    told = undo_under_way()
    told.do(c.UndoStep(step="first"), by=e.ENGINE)
    told.tell(e.StepFailed(step="first", error="no such column"))
    return told


def undo_waits_for_person() -> Story:
    told = nothing_holds()
    told.do(c.ConfirmStep(step="tick"), c.UndoPhase(phase="expand", typed="expand"))
    return told


def undo_waits_for_person_paused() -> Story:
    told = undo_waits_for_person()
    told.do(c.Pause(), by=SECOND)
    return told


def at_the_point() -> Story:
    told = nothing_holds()
    told.run("work")
    told.do(c.ConfirmStep(step="tick"), c.SignOff(step="sign", role="reviewer"))
    return told


def approach_open() -> Story:
    told = at_the_point()
    told.do(c.ApproachPointOfNoReturn(phase="contract"))
    return told


def point_passed() -> Story:
    told = approach_open()
    told.do(c.PassPointOfNoReturn(phase="contract", typed="app.db"))
    return told


def all_done() -> Story:
    told = point_passed()
    told.run("drop")
    return told


def ended() -> Story:
    told = nothing_holds()
    told.do(c.Abort(reason="enough"))
    return told


def sealed() -> Story:
    told = ended()
    told.tell(e.Sealed(records=len(told.records)))
    return told


def entry_open() -> Story:
    told = story(reads=True)
    told.run("other", "count")
    told.ask(c.StartStep(step="work"))
    return told


def kept_out() -> Story:
    told = entry_open()
    told.answer_entry(passed=False)
    return told


def waiver_asked() -> Story:
    told = nothing_holds()
    told.do(c.Waive(step="work", reason="it was done by hand"))
    return told


def amendment_waits() -> Story:
    told = nothing_holds()
    told.do(USUAL["AmendTo"])
    return told


Condition = tuple[Callable[[], Story], str, dict[str, c.AnyCommand | c.AmendTo]]
"""How to get there, who asks, and what."""

USUAL = commands()
CONDITIONS: dict[str, Condition] = {
    "nothing holds": (nothing_holds, DRIVER, USUAL),
    "the phase is locked": (phase_locked, DRIVER, USUAL),
    "a soak is not over": (soaking, DRIVER, USUAL),
    "an earlier step is not done": (out_of_order, DRIVER, USUAL),
    "another step is under way": (another_under_way, DRIVER, USUAL),
    "another step waits for a lock": (lock_awaited, DRIVER, USUAL),
    "another step waits for a lock, somebody else asks": (lock_awaited, SECOND, USUAL),
    "a session is being ended": (session_being_ended, DRIVER, USUAL),
    "another step is in doubt": (in_doubt_elsewhere, DRIVER, USUAL),
    "paused": (paused, DRIVER, USUAL),
    "an undo is under way": (undo_under_way, DRIVER, USUAL),
    "a step of an undo failed": (undo_failed, DRIVER, USUAL),
    "an undo waits for a person": (undo_waits_for_person, DRIVER, USUAL),
    "an undo waits for a person, paused": (undo_waits_for_person_paused, DRIVER, USUAL),
    "the engine asks": (nothing_holds, e.ENGINE, USUAL),
    "the engine asks during an undo": (undo_under_way, e.ENGINE, USUAL),
    "the engine asks while an undo waits for a person": (undo_waits_for_person, e.ENGINE, commands("tick")),
    "somebody else asks": (nothing_holds, SECOND, USUAL),
    "the point of no return is near": (at_the_point, DRIVER, USUAL),
    "its dialog is open": (approach_open, DRIVER, USUAL),
    "its dialog is open, somebody else asks": (approach_open, SECOND, USUAL),
    "it was passed": (point_passed, DRIVER, USUAL),
    "all is done": (all_done, DRIVER, USUAL),
    "the run has ended": (ended, DRIVER, USUAL),
    "the journal is sealed": (sealed, DRIVER, USUAL),
    "a phase is about to be entered": (entry_open, DRIVER, USUAL),
    "a phase is about to be entered, somebody else asks": (entry_open, SECOND, USUAL),
    "a phase was kept out": (kept_out, DRIVER, USUAL),
    "a waiver was asked for": (waiver_asked, DRIVER, USUAL),
    "a waiver was asked for, somebody else asks": (waiver_asked, SECOND, USUAL),
    "an amendment waits": (amendment_waits, DRIVER, USUAL),
    "an amendment waits, somebody else asks": (amendment_waits, SECOND, USUAL),
    "no such step or phase": (nothing_holds, DRIVER, commands("nowhere", "never")),
}
