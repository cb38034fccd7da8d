"""Locks by the server's own names, and what a statement costs. Rule: what is not certain is the worst case."""

from collections.abc import Iterable
from typing import get_args

from msgspec import Struct

from console.statements.statement import Blocks, Work

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""From weak to strong, in the order of the numbers that LOCK TABLE has in its tree: from 1 on."""
ACCESS_SHARE, ROW_SHARE, ROW_EXCLUSIVE, SHARE_UPDATE, SHARE, SHARE_ROW, EXCLUSIVE, ACCESS_EXCLUSIVE = MODES

_WAITING = {
    ACCESS_SHARE: "nobody waits for it",
    ROW_SHARE: "nobody waits, but who writes the same rows",
    ROW_EXCLUSIVE: "nobody waits, but who writes the same rows",
    SHARE_UPDATE: "readers and writers go on, other changes of the schema and VACUUM wait",
    SHARE: "writers wait, readers go on",
    SHARE_ROW: "writers wait, readers go on",
    EXCLUSIVE: "writers wait, readers go on",
    ACCESS_EXCLUSIVE: "readers and writers wait",
}
_WORKS: tuple[Work, ...] = get_args(Work)


class Verdict(Struct, frozen=True, kw_only=True):
    """What one statement, or one change of several, does."""

    locks: dict[str, str] = {}
    """Relation, as SQL writes it or in words, → mode."""
    work: Work = "none"
    words: str
    certain: bool = True
    """Whether the text alone says so; otherwise it is the worst that can be."""


def told(locks: dict[str, str]) -> str:
    """Say who waits for what."""
    if not locks:
        return "no table that exists: nobody waits"
    by_mode: dict[str, list[str]] = {}
    for name, mode in locks.items():
        by_mode.setdefault(mode, []).append(name)
    strongest = sorted(by_mode.items(), key=lambda each: -MODES.index(each[0]))
    return "; ".join(f"{mode} on {', '.join(names)}: {_WAITING[mode]}" for mode, names in strongest)


def blocked(locks: dict[str, str]) -> Blocks:
    """Return what others cannot do to a table meanwhile."""
    strongest = max((MODES.index(mode) for mode in locks.values()), default=-1)
    if strongest >= MODES.index(ACCESS_EXCLUSIVE):
        return "reads"
    return "writes" if strongest >= MODES.index(SHARE) else "nothing"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a statement that does all these: strongest lock of each relation, most work."""
    locks: dict[str, str] = {}
    work, words, certain = _WORKS[0], dict[str, None](), True
    for each in verdicts:
        for name, mode in each.locks.items():
            locks[name] = max(mode, locks.get(name, mode), key=MODES.index)
        work = max(work, each.work, key=_WORKS.index)
        words[each.words] = None
        certain = certain and each.certain
    return Verdict(locks=locks, work=work, words=" ".join(words), certain=certain)
