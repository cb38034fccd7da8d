"""Who waits for whose lock: in words, and as a tree with the blockers at its roots.

Rule: no circle, no crowd, no unknown process and no text of a server breaks it.
"""

from collections.abc import Iterable
from datetime import datetime

from console.core.durations import spoken
from console.core.observations import LockAwaited, ServerSession
from console.core.state import UNDER_WAY, StepState
from console.views import figures
from console.views.lock_tree import Place, Role, blockers_of, tree_of
from console.views.rows import Body, Line, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone

SHOWN = 12
"""Sessions of a tree that are shown; the others are counted."""

DEEPEST = 6
"""Levels of a tree that are indented; what is deeper stands below the last of them."""

NAME = 30
"""Characters of a name that somebody gave to an account or an application."""

ALSO = 3
"""Processes that are named beside the one above a session."""

QUERY = 200
"""Characters of a statement."""


def awaited(step: StepState) -> LockAwaited | None:
    """Return the lock that a step under way waits for; None when it waits for none."""
    return step.lock if step.lock_at is not None and step.status in UNDER_WAY else None


def named(session: ServerSession) -> str:
    """Say which session it is: `4711 psql (alice)`."""
    if session.pid == 0:
        owner = f" ({one_line(session.user, limit=NAME)})" if session.user else ""
        return f"prepared transaction {one_line(session.query, limit=NAME)}".rstrip() + owner
    application = f" {one_line(session.application, limit=NAME)}" if session.application else ""
    return f"{session.pid}{application}" + (f" ({one_line(session.user, limit=NAME)})" if session.user else "")


def doing(session: ServerSession, *, since: float = 0.0) -> str:
    """Say what a session does and for how long: `idle in transaction 12 s`; `since` are seconds since it was seen."""
    return f"{one_line(session.state, limit=NAME)} {spoken(session.seconds + since)}".strip()


def idle(session: ServerSession) -> bool:
    """Tell whether a session runs no statement: it waits for nothing but its application."""
    return session.state.startswith("idle")


def holder(lock: LockAwaited, *, since: float = 0.0) -> str:
    """Say who holds the lock: `a lock held by 4711 psql (alice), idle in transaction 12 s`."""
    found = [each for each in blockers_of(lock.sessions) if not each.blocked_by] or blockers_of(lock.sessions)
    if not found:
        return "a lock"
    others = f" and {figures.things(len(found) - 1, 'other')}" if len(found) > 1 else ""
    return f"a lock held by {named(found[0])}, {doing(found[0], since=since)}{others}"


def seconds_since(step: StepState, now: datetime) -> float:
    """Return the seconds since a step was last seen to wait for its lock."""
    return max((now - step.lock_at).total_seconds(), 0.0) if step.lock_at is not None else 0.0


def tries(lock: LockAwaited, *, since: float = 0.0) -> str:
    """Say how often and how long it was tried: `try 4, 12 s, next in 0.8 s, 3 sessions waited behind`."""
    parts = [f"try {lock.tries}", spoken(lock.seconds + since)]
    if lock.again_in is not None:
        parts.append(again(lock, since=since))
    if lock.behind:
        verb = "wait" if lock.again_in is None else "waited"
        verb = f"{verb}s" if lock.behind == 1 and lock.again_in is None else verb
        parts.append(f"{figures.things(lock.behind, 'session')} {verb} behind")
    return ", ".join(parts)


def again(lock: LockAwaited, *, since: float) -> str:
    """Say when it is tried again."""
    left = (lock.again_in or 0.0) - since
    return f"next in {spoken(left)}" if left > 0 else "next now"


def wait_words(step: StepState, lock: LockAwaited, now: datetime) -> str:
    """Say in one line what a step waits for, and how often it has tried."""
    since = seconds_since(step, now)
    return f"waits for {holder(lock, since=since)}; {tries(lock, since=since)}"


def wait_wordings(step: StepState, lock: LockAwaited, now: datetime) -> tuple[Line, ...]:
    """Say the same from the longest to the shortest wording."""
    since = seconds_since(step, now)
    length = spoken(lock.seconds + since)
    nth = f"try {lock.tries}" + (f", {again(lock, since=since)}" if lock.again_in is not None else f", {length}")
    words = (
        f"waits for {holder(lock, since=since)}; {nth}",
        f"waits for {holder(lock, since=since)}",
        *_first_words(lock, since=since),
        f"waits for a lock, {length}",
        "waits for a lock",
    )
    return tuple(line(Span(each, Tone.WAITING)) for each in words)


def endable(lock: LockAwaited) -> tuple[ServerSession, ...]:
    """Return the sessions in the way that a server can end; no prepared transaction, which is no session."""
    return tuple(each for each in blockers_of(lock.sessions) if each.pid)


def in_brief(lock: LockAwaited) -> str:
    """Say for whom a step waits, the first in the way alone: `4711 psql (alice), idle in transaction 12 s`."""
    found = blockers_of(lock.sessions)
    return f"{named(found[0])}, {doing(found[0])}" if found else "a lock"


def _first_words(lock: LockAwaited, *, since: float) -> tuple[str, ...]:
    """Name the first in the way in fewer words; nothing when nobody was seen."""
    found = blockers_of(lock.sessions)
    if not found:
        return ()
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    length = spoken(lock.seconds + since)
    state = doing(found[0], since=since)
    return (f"waits for {named(found[0])}, {state}{more}", f"waits {length} for {named(found[0])}{more}")


def tree_body(step: StepState, lock: LockAwaited, *, now: datetime) -> Body:
    """Return the tree of a lock that is waited for, below how often it was tried."""
    since = seconds_since(step, now)
    head = "waits" if lock.again_in is None else "gave way"
    first = line(strong(head, Tone.WAITING), quiet(" · "), Span(tries(lock, since=since)))
    return (first, *sessions_body(lock.sessions, since=since))


def waited_body(step: StepState, lock: LockAwaited) -> Body:
    """Say what the last attempt waited for; who was in its way when it did not get the lock."""
    times = figures.things(lock.tries, "try").replace("trys", "tries")
    head = line(quiet(f"waited for a lock: {times}, {spoken(lock.seconds)}"))
    return (head, *(sessions_body(lock.sessions) if step.error else ()))


def sessions_body(sessions: tuple[ServerSession, ...], *, since: float = 0.0) -> Body:
    """Return sessions as a tree, at most SHOWN of them: ours and what blocks it first."""
    places = tree_of(sessions)
    kept = set(sorted(range(len(places)), key=lambda index: (places[index].urgency, index))[:SHOWN])
    shown: list[Line] = []
    last = -1
    for index in sorted(kept):
        if index != last + 1:
            shown.append(line(quiet("⋮")))
        shown += place_lines(places[index], since=since)
        last = index
    left = len(places) - len(kept)
    return (*shown, line(quiet(f"and {left} more"))) if left else tuple(shown)


def place_lines(place: Place, *, since: float = 0.0) -> Iterable[Line]:
    """Say one session of a tree: who it is and what it does; below that its statement."""
    depth = min(place.depth, DEEPEST)
    branch = quiet("  " * (depth - 1) + "└ " if depth else "")
    session = place.session
    if session is None:
        words = "a prepared transaction" if place.pid == 0 else f"process {place.pid}"
        yield line(branch, strong(words, Tone.WAITING), quiet("  not seen: it is gone, or not shown to this account"))
        return
    yield line(branch, strong(named(session), _TONES[place.role]), quiet("  "), *_facts(place, session, since=since))
    query = one_line(session.query, limit=QUERY)
    if query and session.pid:
        yield line(quiet(" " * (2 * depth + 2)), quiet(query))
    if session.pid == 0:
        yield line(quiet(" " * (2 * depth + 2)), "ended by COMMIT PREPARED or ROLLBACK PREPARED, whoever prepared it")


_TONES = {"blocks": Tone.WAITING, "ours": Tone.RUNNING, "behind": Tone.NEUTRAL, "other": Tone.QUIET}

_WORDS: dict[Role, str] = {"blocks": "blocks", "ours": "this step", "behind": "waits behind", "other": ""}


def _facts(place: Place, session: ServerSession, *, since: float) -> Line:
    word = _WORDS[place.role]
    circle = "a deadlock: they wait for each other" if place.circle else ""
    more = " …" if len(place.also) > ALSO else ""
    also = f"waits also for {', '.join(str(each) for each in place.also[:ALSO])}{more}" if place.also else ""
    address = f"from {one_line(session.address, limit=NAME * 2)}" if session.address else ""
    waits = f"waits for {one_line(session.waits_for, limit=60)}" if session.waits_for and not idle(session) else ""
    parts = (doing(session, since=since), waits, also, circle, address)
    said = " · ".join(each for each in parts if each)
    return (Span(word, _TONES[place.role]), quiet(" · " if word and said else ""), Span(said))
