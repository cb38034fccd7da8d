"""Sessions that wait for each other, in order. Rule: each stands in the tree once, whatever they say of each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from console.core.observations import ServerSession

Role = Literal["ours", "blocks", "behind", "other"]
"""What a session is to the step: its own, in its way, behind it, or none of these."""

Edges = Mapping[int, Iterable[int]]


class Place(Struct, frozen=True, kw_only=True):
    """A session's place in the tree; places are in the order in which they are shown."""

    pid: int
    session: ServerSession | None
    """None for a process that others wait for, and that was not seen."""
    depth: int
    role: Role
    urgency: int
    """What is shown first when there is no room for all: 0 is ours, 1 what it waits for."""
    also: tuple[int, ...] = ()
    """Processes that it waits for beside the one above it."""
    circle: bool = False
    """It waits, by way of others, for itself, or stands between such circles."""


def blockers_of(sessions: Sequence[ServerSession]) -> tuple[ServerSession, ...]:
    """Return what is in the way of ours, that which waits for nobody first, then by age.

    Without a session of ours: whatever others wait for.
    """
    ours = {each.pid for each in sessions if each.ours}
    waited_for = {pid for each in sessions for pid in each.blocked_by}
    wanted = _reached(_waits(sessions), ours) if ours else waited_for
    found = [each for each in sessions if each.pid in wanted and not each.ours]
    return tuple(sorted(found, key=lambda each: (bool(each.blocked_by), -each.seconds)))


def tree_of(sessions: Sequence[ServerSession]) -> tuple[Place, ...]:
    """Return all sessions, and the processes that were not seen, blockers before what waits for them."""
    return tuple(_Grower(sessions).grown())


def _waits(sessions: Sequence[ServerSession]) -> dict[int, tuple[int, ...]]:
    """Return what each process waits for; prepared transactions have one number for all."""
    waits: dict[int, tuple[int, ...]] = {}
    for each in sessions:
        waits[each.pid] = tuple(dict.fromkeys((*waits.get(each.pid, ()), *each.blocked_by)))
    return waits


def _turned(edges: Edges) -> dict[int, list[int]]:
    turned: dict[int, list[int]] = {}
    for begin, ends in edges.items():
        for each in ends:
            turned.setdefault(each, []).append(begin)
    return turned


def _reached(edges: Edges, begin: Iterable[int]) -> set[int]:
    """Return what is reached from some by one edge or more."""
    found: set[int] = set()
    todo = list(begin)
    while todo:
        for each in edges.get(todo.pop(), ()):
            if each not in found:
                found.add(each)
                todo.append(each)
    return found


def _circling(waits_for: Edges, below: Edges) -> set[int]:
    """Return what is left when all that wait for nobody are taken away, then all for whom nobody waits."""
    left = {*waits_for, *below}
    for edges in (waits_for, below):
        while gone := {each for each in left if left.isdisjoint(edges.get(each, ()))}:
            left -= gone
    return left


class _Grower:
    """Walks from the roots down, without recursion: a chain may be as long as the server allows connections."""

    def __init__(self, sessions: Sequence[ServerSession]) -> None:
        self._waits_for = _waits(sessions)
        self._below = _turned(self._waits_for)
        self._ours = {each.pid for each in sessions if each.ours}
        self._blocking = _reached(self._waits_for, self._ours) - self._ours
        self._behind = _reached(self._below, self._ours) - self._ours
        self._direct = {pid for each in sessions if each.ours for pid in each.blocked_by}
        self._circling = _circling(self._waits_for, self._below)
        self._seen: dict[int, list[ServerSession]] = {}
        for each in sessions:
            self._seen.setdefault(each.pid, []).append(each)
        self._done: set[int] = set()

    def grown(self) -> Iterator[Place]:
        """Yield the places from the roots down; what waits in circles has none, and begins with the oldest."""
        roots = [pid for pid, waits_for in self._waits_for.items() if not waits_for]
        unseen = [pid for pid in self._below if pid not in self._seen]
        circles = sorted(self._seen, key=lambda pid: -self._seen[pid][0].seconds)
        for pids in ((*roots, *unseen), circles):
            for pid in sorted(pids, key=self._far):
                yield from self._from(pid)

    def _far(self, pid: int) -> bool:
        """Tell whether a process has nothing to do with ours."""
        return pid not in self._blocking and pid not in self._ours

    def _from(self, root: int) -> Iterator[Place]:
        todo = [(root, 0, root)]
        while todo:
            pid, depth, above = todo.pop()
            if pid in self._done:
                continue
            self._done.add(pid)
            for session in self._seen.get(pid, [None]):
                yield self._place(pid, session, depth=depth, above=above)
            children = sorted(self._below.get(pid, ()), key=self._far)
            todo += [(each, depth + 1, pid) for each in reversed(children)]

    def _place(self, pid: int, session: ServerSession | None, *, depth: int, above: int) -> Place:
        return Place(
            pid=pid,
            session=session,
            depth=depth,
            role=self._role(pid),
            urgency=self._urgency(pid),
            also=tuple(each for each in self._waits_for.get(pid, ()) if each not in (above, pid)),
            circle=pid in self._circling,
        )

    def _urgency(self, pid: int) -> int:
        if pid in self._ours:
            return 0
        if pid in self._blocking:
            return 1 if pid in self._direct else 2
        return 3

    def _role(self, pid: int) -> Role:
        if pid in self._ours:
            return "ours"
        if pid in self._blocking:
            return "blocks"
        if pid in self._behind:
            return "behind"
        return "other" if self._ours else "blocks" if self._below.get(pid) else "behind"
