"""What servers had to do with a run: locks waited for, sessions ended, things half-made. Rule: from records alone."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.views.debris import debris_words, what
from console.views.lock_tree import blockers_of
from console.views.locks import named
from console.views.titles import Titles

NAMED = 5
"""Sessions that are named as in the way of one attempt."""


class Waited(Struct, frozen=True, kw_only=True):
    """One attempt of a step that waited for a lock. Lengths are seconds."""

    at: datetime
    """When it was first seen to wait."""
    step: str
    title: str
    attempt: int
    tries: int
    longest: float
    """From the first try to the last look at it, over the attempt."""
    behind: int
    """Sessions behind it, at the worst."""
    in_the_way: tuple[str, ...]
    """Who was seen to hold it up, in the order in which they were seen; at most five."""


class Ended(Struct, frozen=True, kw_only=True):
    """A session that somebody wanted out of the way."""

    at: datetime
    by: str
    step: str
    title: str
    pid: int
    whose: str
    how: o.How
    reason: str
    done: bool | None
    """Whether the server did it; None while it has not answered."""
    answer: str


class HalfMade(Struct, frozen=True, kw_only=True):
    """Something that was found half-made."""

    found: datetime
    gone: datetime | None
    """When it was not found any more; None while it is there."""
    what: str
    words: str
    """What it is, whose, and how it goes."""
    remedy: str


def waits(records: Sequence[e.Record], titles: Titles) -> tuple[Waited, ...]:
    """Return the attempts that waited for a lock."""
    found: list[Waited] = []
    attempts: dict[str, int] = {}
    at: dict[tuple[str, int], int] = {}
    for record in records:
        match record.event:
            case e.StepStarted(step=step, attempt=attempt):
                attempts[step] = attempt
                at.pop((step, attempt), None)
            case o.LockAwaited(step=step) as seen:
                key = (step, attempts.get(step, 1))
                if key not in at:
                    at[key] = len(found)
                    found.append(_first(record, step, titles[step], attempt=key[1]))
                found[at[key]] = _longer(found[at[key]], seen)
            case _:
                pass
    return tuple(found)


def _first(record: e.Record, step: str, title: str, *, attempt: int) -> Waited:
    return Waited(at=record.at, step=step, title=title, attempt=attempt, tries=0, longest=0.0, behind=0, in_the_way=())


def _longer(before: Waited, seen: o.LockAwaited) -> Waited:
    names = dict.fromkeys((*before.in_the_way, *(named(each) for each in blockers_of(seen.sessions))))
    return replace(
        before,
        tries=max(before.tries, seen.tries),
        longest=max(before.longest, seen.seconds),
        behind=max(before.behind, seen.behind),
        in_the_way=tuple(names)[:NAMED],
    )


def ended(records: Sequence[e.Record], titles: Titles) -> tuple[Ended, ...]:
    """Return the sessions that somebody wanted out of the way, with the server's answers."""
    found: list[Ended] = []
    for record in records:
        match record.event:
            case s.SessionEndAsked() as asked:
                found.append(
                    Ended(
                        at=record.at,
                        by=record.by,
                        step=asked.step,
                        title=titles[asked.step],
                        pid=asked.pid,
                        whose=asked.whose,
                        how=asked.how,
                        reason=asked.reason,
                        done=None,
                        answer="",
                    )
                )
            case s.SessionEnded(done=done, words=words) if found:
                found[-1] = replace(found[-1], done=done, answer=words)
            case _:
                pass
    return tuple(found)


def half_made(records: Sequence[e.Record]) -> tuple[HalfMade, ...]:
    """Return what was found half-made, whenever, and whether it went."""
    found: dict[tuple[str, str, str], HalfMade] = {}
    run = ""
    for record in records:
        if isinstance(record.event, e.RunStarted):
            run = record.event.run
        if not isinstance(record.event, s.DebrisFound):
            continue
        there = {(each.kind, each.name, each.table): each for each in record.event.items}
        for key, each in found.items():
            if key not in there and each.gone is None:
                found[key] = replace(each, gone=record.at)
        for key, item in there.items():
            since = found[key].found if key in found else record.at
            words = debris_words(item, run=run)
            found[key] = HalfMade(found=since, gone=None, what=what(item), words=words, remedy=item.remedy)
    return tuple(found.values())
