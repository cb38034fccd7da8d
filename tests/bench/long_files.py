"""Runbooks and journals of any length, of the sort that people write. Rule: the same length gives the same file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.core import events as e
from console.core import observations as o
from console.core.identity import Identity
from console.core.runbook import Runbook
from console.storage.journal import Journal

BEGIN = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
PHASES = 10

_HEAD = """runbook: long
title: A runbook of {steps} steps
engine: sqlite
risk: low
databases: {{main: env:BENCH_DATABASE}}
people: {{"*": [operator, reviewer, dba]}}
phases:
"""
_STEPS = (
    """      - id: step-{number}
        title: Add column c{number}
        sql: ALTER TABLE t ADD COLUMN c{number} text
        undo: ALTER TABLE t DROP COLUMN c{number}
""",
    """      - id: step-{number}
        title: Column c{number} is there
        check: SELECT count(*) FROM pragma_table_info('t') WHERE name = 'c{number}'
        expect: 1
""",
    """      - id: step-{number}
        title: The dashboard of shard {number} is quiet
        manual: Look at the dashboard of shard {number}
        observe: the error rate that it shows
        estimate: 2m
""",
)


def write_runbook(path: Path, *, steps: int) -> Path:
    """Write a runbook of ten phases; `steps` is a multiple of ten."""
    each = steps // PHASES
    parts = [_HEAD.format(steps=steps)]
    for phase in range(PHASES):
        parts.append(f"  - id: phase-{phase}\n    title: Shard group {phase}\n    steps:\n")
        numbers = range(phase * each, (phase + 1) * each)
        parts += [_STEPS[number % len(_STEPS)].format(number=number) for number in numbers]
    path.write_text("".join(parts), encoding="utf-8")
    return path


def started(runbook: Runbook, *, source: str) -> e.RunStarted:
    return e.RunStarted(
        format=e.FORMAT,
        run="long-1",
        runbook=runbook,
        source=source,
        source_name="long.yaml",
        source_digest="0" * 64,
        plan_digest="1" * 64,
        environment="development",
        target=Identity(engine="sqlite", version="3", name="t.db", label="/srv/t.db"),
        console="0",
    )


def story(runbook: Runbook, *, source: str = "") -> Iterator[e.AnyEvent]:
    """Yield the events of a run that works on one step after another, again and again, and reports progress."""
    yield started(runbook, source=source)
    yield e.EngineStarted(pid=1, host="h", epoch=1)
    steps, attempt = runbook.steps(), 0
    while True:
        attempt += 1
        for step in steps:
            yield e.StepStarted(step=step.id, attempt=attempt)
            for done in range(1, 7):
                yield o.Progressed(step=step.id, done=done * 10_000, fraction=done / 6, rate=41_000.5, batch=10_000)
            yield o.StatementRan(step=step.id, index=1, of=1, rows=60_000, seconds=1.25)
            yield o.Measured(step=step.id, check="no row is left", expected="0", actual="0", passed=True, seconds=0.2)
            yield e.StepSucceeded(step=step.id, summary="1 statement, 60,000 rows changed, 1.3 s")


def records(events: Iterator[e.AnyEvent], count: int) -> Iterator[e.Record]:
    """Yield that many records of a story, a second apart."""
    for seq, event in zip(range(1, count + 1), events, strict=False):
        yield e.Record(seq=seq, at=BEGIN + timedelta(seconds=seq), by=e.ENGINE, event=event)


def write_journal(path: Path, events: Iterator[e.AnyEvent], *, count: int) -> Path:
    """Write a journal of that many records."""
    journal = Journal.create(path)
    for record in records(events, count):
        journal.append(record.event, at=record.at, by=record.by, durable=record.seq % 100 == 0)
    journal.close()
    return path
