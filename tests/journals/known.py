"""What has to be known of a kept journal, in a form that outlives new fields of the state."""

from pathlib import Path
from typing import Any

from msgspec import json, to_builtins

from console.core.errors import JournalError
from console.core.evolve import fold
from console.core.state import RunState
from console.storage.journal import read_records
from console.storage.verify import verify


def known_of(journal: Path) -> dict[str, Any]:
    """Return the verdict on a journal and the state it leads to, or the words it is refused with."""
    verdict = verify(journal)
    known: dict[str, Any] = {
        "verify": {
            "state": verdict.state,
            "words": verdict.words,
            "records": verdict.records,
            "first_bad": verdict.first_bad.seq,
        }
    }
    try:
        state = fold(read_records(journal))
    except JournalError as error:
        return {**known, "refused": str(error)}
    assert state is not None
    return {**known, "state": _summary(state)}


def _summary(state: RunState) -> dict[str, Any]:
    summary = {
        "run": state.started.run,
        "title": state.runbook.title,
        "environment": state.started.environment,
        "records": state.seq,
        "driver": state.driver,
        "steps": {step: _step(state, step) for step in state.steps},
        "baselines": state.baselines,
        "completed_at": state.completed_at,
        "entered": list(state.entries),
        "passed": state.passed,
        "undo": state.undo,
        "verified": state.verified,
        "paused": state.paused,
        "notes": [(note.by, note.step, note.text) for note in state.notes],
        "ending": state.ending,
        "sealed": state.sealed,
    }
    plain: dict[str, Any] = json.decode(json.encode(to_builtins(summary)))
    return plain


def _step(state: RunState, step: str) -> dict[str, Any]:
    now = state.steps[step]
    found = {
        "status": now.status,
        "attempt": now.attempt,
        "by": now.by,
        "value": now.value,
        "note": now.note,
        "summary": now.summary,
        "error": now.error,
        "undone": now.undone,
        "signed": [f"{each.account} as {each.role}" for each in now.signatures],
    }
    return {name: value for name, value in found.items() if value}
