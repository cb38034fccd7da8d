"""The digest of what a runbook would execute. Rule: prose and comments do not change it, all else does.

Confirmations from a file name this digest: an answer that was given to one plan opens nothing in another.
"""

from hashlib import sha256
from typing import Any

from msgspec import UNSET, Struct, convert, json, to_builtins
from msgspec.structs import fields

from console.core.errors import RunbookError
from console.core.runbook import MAIN, Phase, Runbook, Step
from console.statements import normalised, split
from console.steps import kind_of


def plan_digest(runbook: Runbook) -> str:
    """Return the digest, 64 hexadecimal digits."""
    plan = {
        "engine": runbook.engine,
        **({"statements": _normalised(runbook.statements, runbook.engine)} if runbook.statements else {}),
        **({"announce": to_builtins(runbook.announce)} if runbook.announce else {}),
        "phases": [_phase(phase, engine=runbook.engine) for phase in runbook.phases],
    }
    return sha256(json.encode(plan, order="sorted")).hexdigest()


def _phase(phase: Phase, *, engine: str) -> dict[str, Any]:
    point = phase.point_of_no_return
    return {
        "id": phase.id,
        "any_order": phase.any_order,
        "requires": to_builtins(phase.requires),
        **({} if phase.gates is None else {"gates": phase.gates}),
        "point_of_no_return": point and {"confirm": to_builtins(point.confirm), "gates": point.gates},
        "steps": [_step(step, engine=engine) for step in phase.steps],
    }


def _step(step: Step, *, engine: str) -> dict[str, Any]:
    executed = step.driven_by == "engine"
    data = _whole(convert(step.data, kind_of(step).Data))
    return {
        "id": step.id,
        "kind": step.kind,
        "data": _normalised(data, engine) if executed else data,
        "undo": _normalised(step.undo, engine) if executed else step.undo,
        "requires": step.requires,
        "signatures": step.signatures,
        **({} if step.on == MAIN else {"on": step.on}),
    }


def _whole(value: Any) -> Any:
    """Return a struct as a mapping of all its fields: what is left out and what is written out is the same plan."""
    if not isinstance(value, Struct):
        return value
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: _whole(each) for name, each in values.items() if each is not UNSET}


def _normalised(value: Any, engine: str) -> Any:
    """Return the value with every text in it that is SQL in one form; other texts stay as they are."""
    match value:
        case dict():
            return {key: _normalised(each, engine) for key, each in value.items()}
        case list() | tuple():
            return [_normalised(each, engine) for each in value]
        case str():
            return _normalised_sql(value, engine)
        case _:
            return value


def _normalised_sql(text: str, engine: str) -> str:
    try:
        statements = split(text, engine=engine)
        known = statements and all(each.kind != "unknown" for each in statements)
        return normalised(text, engine=engine) if known else text
    except RunbookError:
        return text
