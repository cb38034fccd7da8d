"""What an amendment changes, line by line. Rule: every difference by a symbol and a word, never by a colour alone.

Screen, shell and report show the same lines; what documents say is cut to one line by the funnel at the span.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, assert_never

from msgspec import UNSET, Struct, UnsetType, json

from console.core.amending import Change, What
from console.core.runbook import Runbook
from console.views.rows import Body, Line, Span, line, quiet, strong
from console.views.text import one_line, safe
from console.views.titles import Titles
from console.views.tones import Mark, Tone

ADDED = Mark("+", "added", Tone.GOOD)
DROPPED = Mark("-", "dropped", Tone.BAD)
CHANGED = Mark("~", "changed", Tone.WAITING)
MOVED = Mark("»", "moved", Tone.WAITING)

_MARKS: dict[What, Mark] = {"added": ADDED, "dropped": DROPPED, "changed": CHANGED, "moved": MOVED}

AROUND = 2
"""Unchanged lines that are shown beside a changed one."""

LONGEST_LINE = 1000
"""Characters of a line that are shown at most; what is hidden behind them is counted."""

MOST_LINES = 400
"""Lines of one value that are shown at most; the rest is counted."""

_IN_THE_HEAD = frozenset(("id", "title"))
_BY_THE_KIND = frozenset(("kind", "driven_by", "asks_again"))
"""Follow from a step's data: said when they change, not of what was added or dropped."""


class DiffLine(Struct, frozen=True, kw_only=True):
    """A line of a value: `+` only after, `-` only before, a blank both, `…` stands for lines that are left out."""

    sign: Literal["+", "-", " ", "…"]
    text: str


class Part(Struct, frozen=True, kw_only=True):
    """One value that differs."""

    label: str
    lines: tuple[DiffLine, ...]


class Entry(Struct, frozen=True, kw_only=True):
    """One change in words."""

    what: What
    where: str
    """`phase Expand`, `step Add users.org_id in Expand`, or the runbook."""
    parts: tuple[Part, ...]


def entries(changes: Iterable[Change], *, old: Runbook, new: Runbook) -> tuple[Entry, ...]:
    """Return the changes from one document to another in words."""
    before, after = Titles((old,)), Titles((old, new))
    return tuple(_entry(each, before if each.what == "dropped" else after, old=old) for each in changes)


def _entry(change: Change, titles: Titles, *, old: Runbook) -> Entry:
    where = "the runbook"
    if change.step:
        phase = change.phase or next(each.id for each in old.phases if change.step in {step.id for step in each.steps})
        where = f"step “{titles[change.step]}” ({change.step}) in {titles[phase]}"
    elif change.phase:
        where = f"phase {titles[change.phase]} ({change.phase})"
    return Entry(what=change.what, where=where, parts=tuple(_parts(change, titles)))


def _parts(change: Change, titles: Titles) -> Iterator[Part]:
    match change.what:
        case "moved":
            yield from (_moved(str(before), str(after), titles) for _, before, after in change.fields)
        case "added" | "dropped":
            for name, before, after in change.fields:
                if name not in _IN_THE_HEAD | _BY_THE_KIND and (before or after):
                    yield from _values(name, _filled_in(before), _filled_in(after))
        case "changed":
            for name, before, after in change.fields:
                yield from _values(name, before, after)
        case _:
            assert_never(change.what)


def _filled_in(value: Any) -> Any:
    """Leave out what a step's data has only as a default that is empty."""
    if isinstance(value, Mapping):
        return {key: each for key, each in value.items() if each not in ("", None, [], {})}
    return value


def _moved(before: str, after: str, titles: Titles) -> Part:
    lines = (DiffLine(sign="-", text=_place(before, titles)), DiffLine(sign="+", text=_place(after, titles)))
    return Part(label="place", lines=lines)


def _place(neighbour: str, titles: Titles) -> str:
    """Say where a step stands: the phase's id, and the step before it if there is one."""
    phase, _, before = neighbour.partition("/")
    return f"after “{titles[before]}” in {titles[phase]}" if before else f"first in {titles[phase]}"


def _values(name: str, before: Any, after: Any) -> Iterator[Part]:
    """Compare two values; of mappings each entry for itself, an entry of a step's data without `data`."""
    old, new = ({} if each in (None, UNSET) else each for each in (before, after))
    if isinstance(old, Mapping) and isinstance(new, Mapping) and (old or new):
        for key in dict.fromkeys((*old, *new)):
            was, is_now = old.get(key, UNSET), new.get(key, UNSET)
            if was != is_now:
                yield from _values(key if name == "data" else f"{name}.{key}", was, is_now)
        return
    lines = tuple(_compared(_lines(before), _lines(after))) or tuple(_compared([_exact(before)], [_exact(after)]))
    yield Part(label=one_line(name, limit=80), lines=lines)


def _lines(value: Any) -> list[str]:
    """Return a value as it is read; two that differ may read the same, and are then shown exactly."""
    match value:
        case None | UnsetType():
            return []
        case str():
            return value.split("\n")
        case bool():
            return ["yes" if value else "no"]
        case [*items] if items:
            return [_exact(each) for each in items]
        case _:
            return [_exact(value)]


def _exact(value: Any) -> str:
    return "nothing" if value is UNSET else json.encode(value).decode()


def _compared(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    """Yield the lines of both texts, with those that did not change only beside those that did."""
    told = 0
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            yield DiffLine(sign="…", text="")
        for tag, from_before, to_before, from_after, to_after in group:
            if tag == "equal":
                found = [DiffLine(sign=" ", text=each) for each in before[from_before:to_before]]
            else:
                found = [DiffLine(sign="-", text=each) for each in before[from_before:to_before]]
                found += [DiffLine(sign="+", text=each) for each in after[from_after:to_after]]
            yield from found[: max(MOST_LINES - told, 0)]
            told += len(found)
    if told > MOST_LINES:
        yield DiffLine(sign="…", text=f"and {told - MOST_LINES} more lines")


_TONES = {"+": Tone.GOOD, "-": Tone.BAD, " ": Tone.QUIET, "…": Tone.QUIET}


def difference_body(found: Iterable[Entry]) -> Body:
    """Return the changes as the text of a pane."""
    return tuple(part for each in found for part in _entry_lines(each))


def _entry_lines(entry: Entry) -> Iterator[Line]:
    mark = _MARKS[entry.what]
    yield line(
        Span(f"{mark.symbol} {mark.word}  ", mark.tone, strong=True), strong(one_line(entry.where, limit=LONGEST_LINE))
    )
    for part in entry.parts:
        if len(part.lines) == 1:
            yield (quiet(f"    {part.label}  "), *_diff_line(part.lines[0]))
            continue
        yield line(quiet(f"    {part.label}"))
        yield from ((quiet("      "), *_diff_line(each)) for each in part.lines)


def _diff_line(each: DiffLine) -> Line:
    text = safe(each.text, limit=LONGEST_LINE)
    return (Span(f"{each.sign} ", _TONES[each.sign], strong=each.sign in "+-"), Span(text, _TONES[each.sign]))


def difference_lines(found: Iterable[Entry]) -> list[str]:
    """Return the changes as lines of plain text, the sign first as in a patch."""
    return [each for entry in found for each in _patch(entry)]


def _patch(entry: Entry) -> Iterator[str]:
    mark = _MARKS[entry.what]
    yield f"{mark.symbol} {mark.word}  {one_line(entry.where, limit=LONGEST_LINE)}"
    for part in entry.parts:
        yield f"    {one_line(part.label)}"
        yield from (f"{each.sign}     {safe(each.text, limit=LONGEST_LINE)}".rstrip() for each in part.lines)


def counted(found: Iterable[Entry]) -> str:
    """Say in a few words how much changes: `2 changed, 1 added`."""
    words = [each.what for each in found]
    return ", ".join(f"{words.count(word)} {word}" for word in _MARKS if word in words) or "nothing"
