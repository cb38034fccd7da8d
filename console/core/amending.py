"""What differs between two runbooks. Rule: pure; every difference is told, prose too."""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import UNSET, Struct, to_builtins
from msgspec.structs import fields

from console.core.runbook import Phase, Runbook, Step

What = Literal["changed", "added", "dropped", "moved"]


class Change(Struct, frozen=True, kw_only=True):
    """One difference; `phase` and `step` are empty where it concerns the whole runbook or the whole phase.

    `fields` are name, before, after as JSON values; of what was added or dropped, all it has.
    """

    what: What
    phase: str = ""
    step: str = ""
    fields: tuple[tuple[str, Any, Any], ...] = ()


def differences(old: Runbook, new: Runbook) -> tuple[Change, ...]:
    """Return what differs, in the order of the new document; what was dropped comes last."""
    return (*_whole(old, new), *_phases(old, new), *_steps(old, new))


def _whole(old: Runbook, new: Runbook) -> Iterator[Change]:
    if found := _fields(old, new, without="phases"):
        yield Change(what="changed", fields=found)


def _phases(old: Runbook, new: Runbook) -> Iterator[Change]:
    before = {phase.id: phase for phase in old.phases}
    after = {phase.id: phase for phase in new.phases}
    kept_before, kept_after = [each for each in before if each in after], [each for each in after if each in before]
    for phase in new.phases:
        if phase.id not in before:
            yield Change(what="added", phase=phase.id, fields=_fields(None, phase, without="steps"))
        elif found := _fields(before[phase.id], phase, without="steps"):
            yield Change(what="changed", phase=phase.id, fields=found)
        if phase.id in before and kept_before.index(phase.id) != kept_after.index(phase.id):
            yield Change(what="moved", phase=phase.id)
    for phase in old.phases:
        if phase.id not in after:
            yield Change(what="dropped", phase=phase.id, fields=_fields(phase, None, without="steps"))


def _steps(old: Runbook, new: Runbook) -> Iterator[Change]:
    before, after = dict(_placed(old)), dict(_placed(new))
    kept_before, kept_after = [each for each in before if each in after], [each for each in after if each in before]
    was_after = {step: _left_neighbour(kept_before, step, before) for step in kept_before}
    is_after = {step: _left_neighbour(kept_after, step, after) for step in kept_after}
    for name, (phase, step) in after.items():
        if name not in before:
            yield Change(what="added", phase=phase.id, step=name, fields=_fields(None, step))
            continue
        if found := _fields(before[name][1], step):
            yield Change(what="changed", phase=phase.id, step=name, fields=found)
        if was_after[name] != is_after[name]:
            yield Change(what="moved", phase=phase.id, step=name, fields=(("after", was_after[name], is_after[name]),))
    for name, (phase, step) in before.items():
        if name not in after:
            yield Change(what="dropped", phase=phase.id, step=name, fields=_fields(step, None))


def _placed(runbook: Runbook) -> Iterator[tuple[str, tuple[Phase, Step]]]:
    for phase in runbook.phases:
        yield from ((step.id, (phase, step)) for step in phase.steps)


def _left_neighbour(kept: list[str], step: str, placed: dict[str, tuple[Phase, Step]]) -> str:
    """Return the phase of a step and what stands before it there, of the steps that both documents have."""
    phase, index = placed[step][0].id, kept.index(step)
    before = kept[index - 1] if index and placed[kept[index - 1]][0].id == phase else ""
    return f"{phase}/{before}"


def _fields(old: Struct | None, new: Struct | None, *, without: str = "") -> tuple[tuple[str, Any, Any], ...]:
    """Return name, before and after of each field that differs; None stands for what is not there."""
    of = old if old is not None else new
    names = [field.name for field in fields(of) if field.name != without] if of is not None else []
    found = ((name, _value(old, name), _value(new, name)) for name in names)
    return tuple(each for each in found if each[1] != each[2])


def _value(of: Struct | None, name: str) -> Any:
    value = getattr(of, name, UNSET) if of is not None else UNSET
    return None if value is UNSET else to_builtins(value)
