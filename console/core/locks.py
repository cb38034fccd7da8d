"""Who waits for whose lock, as far as a decision needs it. Rule: pure, and no circle is followed twice."""

from collections.abc import Sequence

from console.core.observations import ServerSession


def in_the_way(sessions: Sequence[ServerSession]) -> tuple[ServerSession, ...]:
    """Return the sessions that a step's own waits for, directly or by way of others; never its own."""
    seen: dict[int, list[ServerSession]] = {}
    for each in sessions:
        seen.setdefault(each.pid, []).append(each)
    found: dict[int, None] = {}
    todo = [pid for each in sessions if each.ours for pid in each.blocked_by]
    while todo:
        pid = todo.pop()
        if pid not in found:
            found[pid] = None
            todo += [other for each in seen.get(pid, ()) for other in each.blocked_by]
    return tuple(each for each in sessions if each.pid in found and not each.ours)
