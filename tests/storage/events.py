"""Events to write into journals: a small run, and one of every type."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from console.core import events as e
from console.core.identity import Identity
from console.core.runbook import Phase, Runbook, Step
from console.storage.journal import Journal

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TARGET = Identity(engine="sqlite", version="3.45", name="demo", label="demo.sqlite", facts={"inode": "7"})
RUNBOOK = Runbook(
    runbook="small",
    title="A small run",
    engine="sqlite",
    databases={"main": "env:DEMO"},
    phases=(
        Phase(
            id="first",
            title="First",
            steps=(
                Step(id="look", title="Look", kind="manual", data={"manual": "look"}, driven_by="person"),
                Step(id="fill", title="Fill", kind="sql", data={"sql": "UPDATE t SET a = 1"}),
            ),
        ),
    ),
)


def started(**changes: Any) -> e.RunStarted:
    facts: dict[str, Any] = {
        "format": e.FORMAT,
        "run": "small-1",
        "runbook": RUNBOOK,
        "source": "runbook: small\n",
        "source_name": "small.yaml",
        "source_digest": "0" * 64,
        "plan_digest": "1" * 64,
        "environment": "staging",
        "target": TARGET,
        "console": "0.1.0",
    }
    return e.RunStarted(**{**facts, **changes})


def write(path: Path, *events: e.AnyEvent) -> Path:
    """Write a journal of RunStarted and these events, a second apart."""
    journal = Journal.create(path)
    for second, event in enumerate((started(), *events)):
        journal.append(event, at=NOON + timedelta(seconds=second), by="op1")
    journal.close()
    return path


def a_small_run() -> tuple[e.AnyEvent, ...]:
    return (
        e.EngineStarted(pid=1, host="h", epoch=1),
        e.PhaseEntered(phase="first", schema="abc"),
        e.StepConfirmed(step="look", value="seen", note="quiet\nnight"),
        e.StepStarted(step="fill", attempt=1),
        e.StepSucceeded(step="fill", summary="200,000 rows"),
        e.RunFinished(note="done"),
    )
