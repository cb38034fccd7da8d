"""Who waits for whom, as the server says it. Rule: no query that is shown has a literal."""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from console.core.observations import ServerSession
from console.databases.postgresql.watcher import Watcher
from console.statements.engines.postgresql.discreet import without_literals

MOST_BEHIND = 10
"""Sessions behind ours that are shown; all of them count."""
UNSEEN = "not shown: this role may not see it (GRANT pg_read_all_stats)"


class Wait(Struct, frozen=True, kw_only=True):
    """One session that waits for a lock."""

    blocked_by: tuple[int, ...]
    """Processes; 0 is a prepared transaction."""
    kind: str
    """relation, transactionid, virtualxid …"""
    mode: str
    """AccessExclusiveLock …"""
    relation: str
    """Empty when it is no table of this database."""
    seconds: float


class Waits(Struct, frozen=True, kw_only=True):
    """All sessions that wait while ours does."""

    own: int
    by_pid: Mapping[int, Wait]

    @property
    def ours(self) -> Wait | None:
        """What ours waits for; None when it does not."""
        return self.by_pid.get(self.own)

    @property
    def before(self) -> tuple[int, ...]:
        """Those that ours waits for, the nearest first, and those that they wait for."""
        found: list[int] = []
        following = list(self.by_pid[self.own].blocked_by) if self.own in self.by_pid else []
        while following:
            pid = following.pop(0)
            if pid not in found and pid != self.own:
                found.append(pid)
                following += self.by_pid[pid].blocked_by if pid in self.by_pid else ()
        return tuple(found)

    @property
    def behind(self) -> tuple[int, ...]:
        """Those that wait for ours, or for one that does."""
        found: list[int] = []
        ahead = [self.own]
        while ahead:
            pid = ahead.pop(0)
            waiting = [other for other, wait in self.by_pid.items() if pid in wait.blocked_by]
            new = [other for other in waiting if other != self.own and other not in found]
            found += new
            ahead += new
        before = self.before
        return tuple(pid for pid in found if pid not in before)


async def waits(watcher: Watcher, pid: int, since: str) -> Waits:
    """Return who waits; nobody when our own session does not."""
    answer = await watcher.ask("waits", pid=pid, since=since)
    return Waits(own=pid, by_pid={int(row[0]): _wait(row) for row in answer.rows})


def _wait(row: tuple[Any, ...]) -> Wait:
    _, blocked_by, kind, mode, relation, seconds = row
    pids = dict.fromkeys(int(each) for each in str(blocked_by).split(",") if each)
    return Wait(blocked_by=tuple(pids), kind=str(kind), mode=str(mode), relation=str(relation), seconds=float(seconds))


async def sessions(watcher: Watcher, found: Waits) -> tuple[ServerSession, ...]:
    """Return those that ours waits for, ours, and the first of those behind it."""
    pids = (*found.before, found.own, *found.behind[:MOST_BEHIND])
    answer = await watcher.ask("sessions", pids=_listed(pids))
    known = {int(row[0]): _session(row, found) for row in answer.rows}
    prepared: tuple[ServerSession, ...] = ()
    if 0 in pids:
        prepared = tuple(map(_prepared, (await watcher.ask("prepared", pids=_listed(found.by_pid))).rows))
    return (*prepared, *(known[pid] for pid in pids if pid in known))


def _listed(pids: Collection[int]) -> str:
    return ",".join(str(pid) for pid in pids)


def _session(row: tuple[Any, ...], found: Waits) -> ServerSession:
    pid, since, account, application, address, state, waits_for, query, seconds = row
    wait = found.by_pid.get(int(pid))
    unseen = query == "<insufficient privilege>"
    return ServerSession(
        pid=int(pid),
        since=str(since),
        user=str(account),
        application=str(application),
        address=str(address),
        state=str(state),
        waits_for=named(wait) if wait is not None else str(waits_for),
        query=UNSEEN if unseen else without_literals(str(query)),
        seconds=float(seconds),
        blocked_by=wait.blocked_by if wait is not None else (),
        ours=pid == found.own,
    )


def _prepared(row: tuple[Any, ...]) -> ServerSession:
    since, account, gid, seconds = row
    return ServerSession(
        pid=0,
        since=str(since),
        user=str(account),
        state="prepared",
        query=f"PREPARE TRANSACTION {gid}",
        seconds=float(seconds),
    )


def named(wait: Wait) -> str:
    """Say which lock is waited for: ACCESS EXCLUSIVE on things."""
    match wait.kind:
        case "relation" | "tuple" | "page" | "extend":
            what = "" if wait.kind == "relation" else "a row of "
            return f"{_mode(wait.mode)} on {what}{wait.relation or 'a table of another database'}"
        case "transactionid" | "virtualxid" | "spectoken":
            return "the end of another transaction"
        case kind:
            return f"{_mode(wait.mode)} on {kind}"


def _mode(name: str) -> str:
    """Write AccessExclusiveLock as SQL does."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name.removesuffix("Lock"))
    return spaced.strip().upper()
