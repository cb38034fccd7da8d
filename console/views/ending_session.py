"""What the dialog says that ends a session in the way of a step.

Rule: who is meant and what it costs them are said before; the decider alone says whether it may.
"""

from collections.abc import Sequence
from datetime import datetime

from console.core import commands as c
from console.core.observations import How, LockAwaited, ServerSession
from console.core.state import RunState
from console.views.lock_tree import tree_of
from console.views.locks import DEEPEST, awaited, doing, endable, idle, named, seconds_since, tries
from console.views.rows import Body, Line, Row, Span, labelled, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone

HOWS: tuple[How, ...] = ("cancel", "terminate")

HOW_WORDS: dict[How, str] = {
    "cancel": "cancel the statement that it runs",
    "terminate": "terminate the session: it is disconnected",
}


def key_of(session: ServerSession) -> str:
    """Return what a session is chosen with: numbers of processes are used again, moments of connecting are not."""
    return f"{session.pid} {session.since}"


def session_rows(sessions: Sequence[ServerSession], chosen: str, *, since: float) -> tuple[Row, ...]:
    """Return the sessions to choose from, in the order and depth of the tree; prepared transactions are not there."""
    places = [(each.session, each.depth) for each in tree_of(sessions) if each.role == "blocks"]
    return tuple(
        _session_row(session, depth, chosen=key_of(session) == chosen, since=since)
        for session, depth in places
        if session is not None and session.pid
    )


def _session_row(session: ServerSession, depth: int, *, chosen: bool, since: float) -> Row:
    branch = "  " * (min(depth, DEEPEST) - 1) + "└ " if depth else ""
    mark = "(●) " if chosen else "( ) "
    left = line(quiet(branch), Span(mark, strong=chosen), Span(named(session), strong=chosen))
    state = doing(session, since=since)
    more = f", itself waiting for {', '.join(str(each) for each in session.blocked_by[:2])}" if depth else ""
    return Row(key=key_of(session), left=left, right=(line(f"{state}{more}"), line(state)))


def how_rows(chosen: How, session: ServerSession | None) -> tuple[Row, ...]:
    """Return what can be done to a session."""
    return tuple(_how_row(each, session, chosen=each == chosen) for each in HOWS)


def _how_row(how: How, session: ServerSession | None, *, chosen: bool) -> Row:
    milder = how == "cancel" and session is not None and not idle(session)
    words = HOW_WORDS[how] + "; the milder one, try it first" * milder
    return Row(key=how, left=line(Span("(●) " if chosen else "( ) ", strong=chosen), Span(words, strong=chosen)))


def heading(state: RunState, step: str, *, now: datetime) -> Body:
    """Say which step waits, and how long."""
    current = state.steps[step]
    lock = awaited(current)
    title = one_line(state.title(step))
    if lock is None:
        return (line(strong(title), Span("  waits for no lock any more", Tone.GOOD)),)
    behind = tries(lock, since=seconds_since(current, now))
    return (line(strong(title), Span("  waits for a lock", Tone.WAITING), quiet(f" · {behind}")), *_prepared(lock))


def _prepared(lock: LockAwaited) -> Body:
    found = [each for each in lock.sessions if each.pid == 0]
    if not found:
        return ()
    words = "has no session: COMMIT PREPARED or ROLLBACK PREPARED ends it"
    return (line(Span("! ", Tone.WAITING, strong=True), f"{named(found[0])} {words}"),)


def about(session: ServerSession | None, *, seen: bool) -> Body:
    """Say who is meant, in full."""
    if session is None:
        return (line(Span("No session is chosen.", Tone.WAITING)),)
    gone = (line(Span("It is not in the way any more, as far as is seen.", Tone.WAITING)),)
    return (
        *(() if seen else gone),
        *labelled(
            (
                ("connected", f"{_moment(session.since)}{_from(session)}"),
                ("waits for", "" if idle(session) else one_line(session.waits_for)),
                ("last said" if idle(session) else "statement", one_line(session.query, limit=160)),
            )
        ),
    )


def _moment(since: str) -> str:
    """Say a moment as a server writes it to the second."""
    try:
        return f"{datetime.fromisoformat(since):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return one_line(since)


def _from(session: ServerSession) -> str:
    return f", from {one_line(session.address)}" if session.address else ", from the server's own machine"


def consequence(session: ServerSession | None, how: How) -> Line:
    """Say what becomes of a session and of its work."""
    if how == "terminate":
        text = "It is disconnected, what it has not committed is rolled back, and its application sees an error."
        return line(Span(text, Tone.DANGER, strong=True))
    if session is not None and idle(session):
        text = "It runs no statement just now: cancelling does nothing to it, and its transaction keeps its locks."
        return line(Span(text, Tone.WAITING, strong=True))
    text = "Its statement ends with an error; its transaction then ends, or keeps its locks, as its application has it."
    return line(Span(text, Tone.WAITING))


def asks_for(session: ServerSession | None) -> Line:
    """Say what is typed."""
    if session is None:
        return line(quiet("Choose a session first"))
    return line(strong(f"Type {session.pid}  ", Tone.DANGER), quiet("the number of its process"))


def first_chosen(state: RunState, step: str) -> ServerSession | None:
    """Return the session that is chosen at first: what waits for nobody itself."""
    lock = awaited(state.steps[step])
    return next(iter(endable(lock)), None) if lock is not None else None


def end_session(step: str, session: ServerSession, *, how: How, reason: str, typed: str) -> c.EndSession:
    """Return the command that a filled dialog asks for."""
    return c.EndSession(step=step, pid=session.pid, since=session.since, how=how, reason=reason, typed=typed)
