"""What is seen of a step from outside, as figures for programs. Rule: nothing that its words do not say."""

from datetime import datetime

from msgspec import Struct

from console.core.state import RunState
from console.views.lock_tree import blockers_of
from console.views.locks import awaited, doing, named, seconds_since
from console.views.server_progress import left, rate, share


class InTheWay(Struct, frozen=True, kw_only=True):
    """A session that a step waits for."""

    pid: int
    """0 is a prepared transaction."""
    words: str
    """Who it is, what it does and for how long."""


class LockWait(Struct, frozen=True, kw_only=True):
    """A lock that is waited for. Lengths are seconds, of the last look at it."""

    tries: int
    seconds: float
    """Since the first try."""
    again_in: float | None
    """Until it is tried again; None while it waits."""
    behind: int
    """Sessions behind it."""
    in_the_way: tuple[InTheWay, ...]


class ServerWork(Struct, frozen=True, kw_only=True):
    """A server's statement. Lengths are seconds; what nobody knows is None."""

    doing: str
    seconds: float
    done: int | None
    total: int | None
    unit: str
    share: float | None
    """Of the present phase, 0 to 1."""
    rate: float | None
    """Of `unit`, in a second."""
    left: float | None
    """Of the present phase."""
    waits_for: str
    grown: int | None
    """Bytes."""


def lock_wait(state: RunState, *, now: datetime) -> LockWait | None:
    """Return what the step under way waits for; None when it waits for no lock."""
    busy = state.under_way()
    step = state.steps[busy] if busy else None
    lock = awaited(step) if step is not None else None
    if step is None or lock is None:
        return None
    since = seconds_since(step, now)
    found = blockers_of(lock.sessions)
    return LockWait(
        tries=lock.tries,
        seconds=lock.seconds,
        again_in=lock.again_in,
        behind=lock.behind,
        in_the_way=tuple(InTheWay(pid=each.pid, words=f"{named(each)}, {doing(each, since=since)}") for each in found),
    )


def server_work(state: RunState) -> ServerWork | None:
    """Return what the server says of the step under way; None when it says nothing."""
    busy = state.under_way()
    step = state.steps[busy] if busy else None
    if step is None or step.server is None:
        return None
    seen = step.server
    return ServerWork(
        doing=seen.doing,
        seconds=seen.seconds,
        done=seen.done,
        total=seen.total,
        unit=seen.unit,
        share=share(seen),
        rate=rate(step),
        left=left(step),
        waits_for=seen.waits_for,
        grown=seen.grown,
    )
