"""The report of a run as data. Rule: pure; what Markdown, JSON and others show of a run is here, and only here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from console.core import events as e
from console.core import observations as o
from console.core.errors import JournalError
from console.core.evolve import fold
from console.core.identity import Identity
from console.core.state import RunState
from console.views import changes, contention, evidence
from console.views.criteria import Criterion, criteria
from console.views.rows import plain
from console.views.summary import Summary, summary
from console.views.timeline import Timeline
from console.views.titles import titles_of

FORMAT = 1
"""Version of the report's JSON."""


class Integrity(Struct, frozen=True, kw_only=True):
    """Whether the journal is whole."""

    state: Literal["sealed", "unsealed", "broken"]
    records: int
    head: str
    """Hash of the last record."""
    why: str = ""
    """What is wrong, or cannot be known."""


class Header(Struct, frozen=True, kw_only=True):
    """What the runbook says of itself; what it leaves out is empty."""

    runbook: str
    title: str
    service: str
    team: str
    author: str
    reviewers: tuple[str, ...]
    ticket: str
    why: str
    engine: str
    version: str
    risk: str
    migration_type: str
    zero_downtime: bool | None
    applications: tuple[str, ...]
    channel: str
    window: str
    source_name: str
    source_digest: str
    plan_digest: str


class Driver(Struct, frozen=True, kw_only=True):
    """Who led the run, from when on."""

    account: str
    since: datetime
    reason: str


class Note(Struct, frozen=True, kw_only=True):
    """A remark."""

    at: datetime
    by: str
    text: str
    title: str
    """Of the step it is about; empty when it is about the run."""


class Moment(Struct, frozen=True, kw_only=True):
    """A record in people's words."""

    seq: int
    at: datetime
    by: str
    text: str


class Report(Struct, frozen=True, kw_only=True):
    """Everything that a report shows of a run. Times are UTC, lengths are seconds."""

    format: int = FORMAT
    run: str
    console: str
    """Version of the program that wrote the journal."""
    header: Header
    environment: str
    target: Identity
    others: dict[str, Identity]
    """The databases beside it that were read, by their names in the runbook."""
    integrity: Integrity
    drivers: tuple[Driver, ...]
    summary: Summary
    points: tuple[evidence.Point, ...]
    criteria: tuple[Criterion, ...]
    checks: tuple[evidence.Check, ...]
    baselines: tuple[evidence.Baseline, ...]
    samples: tuple[evidence.Sample, ...]
    signatures: tuple[evidence.Signed, ...]
    rollbacks: tuple[evidence.Rollback, ...]
    waivers: tuple[changes.Waived, ...]
    amendments: tuple[changes.Amended, ...]
    entries: tuple[changes.Entered, ...]
    waits: tuple[contention.Waited, ...]
    sessions: tuple[contention.Ended, ...]
    half_made: tuple[contention.HalfMade, ...]
    notes: tuple[Note, ...]
    timeline: tuple[Moment, ...]
    """Without progress and what servers said: the journal has those."""


def report(records: Sequence[e.Record], integrity: Integrity) -> Report:
    """Make the report of a run from its records. Raises JournalError when there is none."""
    state = fold(records)
    if state is None:
        raise JournalError("the journal holds no record", remedy="nothing was started: there is nothing to report")
    runbook = state.runbook
    titles = titles_of(runbook, records)
    changed = changes.changes(records, titles)
    lapsed = frozenset(each.at for amended in changed.amendments for each in amended.lapsed)
    return Report(
        run=state.started.run,
        console=state.started.console,
        header=_header(state),
        environment=state.started.environment,
        target=state.target,
        others=state.others,
        integrity=integrity,
        drivers=_drivers(state, records),
        summary=summary(state, records),
        points=evidence.points(state, records),
        criteria=criteria(state),
        checks=evidence.checks(runbook, records),
        baselines=evidence.baselines(runbook, records),
        samples=evidence.samples(runbook, records),
        signatures=evidence.signatures(state, records, lapsed=lapsed),
        rollbacks=evidence.rollbacks(runbook, records),
        waivers=changed.waivers,
        amendments=changed.amendments,
        entries=changed.entries,
        waits=contention.waits(records, titles),
        sessions=contention.ended(records, titles),
        half_made=contention.half_made(records),
        notes=tuple(
            Note(at=each.at, by=each.by, text=each.text, title=titles[each.step] if each.step else "")
            for each in state.notes
        ),
        timeline=moments(state, records),
    )


def _header(state: RunState) -> Header:
    book, started = state.runbook, state.started
    return Header(
        runbook=book.runbook,
        title=book.title,
        service=book.service,
        team=book.team,
        author=book.author,
        reviewers=book.reviewers,
        ticket=book.ticket,
        why=book.why,
        engine=book.engine,
        version=book.version,
        risk=book.risk,
        migration_type="" if isinstance(book.migration_type, UnsetType) else book.migration_type,
        zero_downtime=None if book.zero_downtime is UNSET else bool(book.zero_downtime),
        applications=book.applications,
        channel=book.channel,
        window=book.window or "",
        source_name=started.source_name,
        source_digest=started.source_digest,
        plan_digest=state.plan_digest,
    )


def _drivers(state: RunState, records: Sequence[e.Record]) -> tuple[Driver, ...]:
    first = Driver(account=state.started_by, since=state.started_at, reason="")
    later = (
        Driver(account=record.event.driver, since=record.at, reason=record.event.reason)
        for record in records
        if isinstance(record.event, e.DriverChanged)
    )
    return (first, *later)


_LEFT_OUT = (*o.THINNED, o.StatementRan, o.Noticed, o.Sampled)


def moments(state: RunState, records: Sequence[e.Record]) -> tuple[Moment, ...]:
    """Return the timeline in words, without progress and what servers said."""
    timeline = Timeline(records, state.runbook)
    return tuple(
        Moment(seq=record.seq, at=record.at, by=record.by, text=plain(timeline.words(record)))
        for record in records
        if not isinstance(record.event, _LEFT_OUT)
    )
