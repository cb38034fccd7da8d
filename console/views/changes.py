"""What a journal proves of amendments, waivers and phase entries. Rule: what they meant then is what the fold says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from console.core import changed as ch
from console.core import events as e
from console.core.evolve import evolve
from console.core.state import RunState, Status
from console.views.difference import Entry, entries
from console.views.evidence import Asked
from console.views.titles import Titles


class Approval(Struct, frozen=True, kw_only=True):
    """One person's approval of an amendment."""

    at: datetime
    account: str
    role: str
    note: str


class Lapsed(Struct, frozen=True, kw_only=True):
    """A signature that an amendment touched: it does not hold any more."""

    step: str
    title: str
    account: str
    role: str
    at: datetime
    """When it was given."""


class Amended(Struct, frozen=True, kw_only=True):
    """An amendment, whatever came of it."""

    seq: int
    """Of the record that proposed it."""
    at: datetime
    by: str
    reason: str
    source_name: str
    source_digest: str
    plan_digest: str
    roles: tuple[str, ...]
    """Who has to approve it."""
    outcome: Literal["in effect", "waits", "withdrawn", "replaced", "ended with the run"]
    ended: datetime | None = None
    """When it took effect, was withdrawn or replaced; None while it waits."""
    ended_seq: int = 0
    """The number of the record that did."""
    ended_by: str = ""
    why: str = ""
    """Why it was withdrawn."""
    approvals: tuple[Approval, ...] = ()
    difference: tuple[Entry, ...]
    """Against the runbook that the run had when it was proposed."""
    lapsed: tuple[Lapsed, ...] = ()


class Waived(Struct, frozen=True, kw_only=True):
    """A step that somebody asked to pass without doing it."""

    step: str
    title: str
    reason: str
    asked_by: str
    asked_at: datetime
    agreed_by: str = ""
    """Empty when nobody agreed."""
    agreed_at: datetime | None = None
    note: str = ""
    outcome: Literal["waived", "not agreed", "taken back"]


class Entered(Struct, frozen=True, kw_only=True):
    """An attempt to enter a phase, with what its checks said when they were asked again."""

    phase: str
    title: str
    at: datetime
    by: str
    gates: tuple[Asked, ...]
    outcome: Literal["entered", "not entered", "given up"]
    """Given up: the engine ended, or somebody else took over, before all had answered."""
    why: str = ""


class Changes(Struct, frozen=True, kw_only=True):
    """Everything of the kind, in the order of time."""

    amendments: tuple[Amended, ...] = ()
    waivers: tuple[Waived, ...] = ()
    entries: tuple[Entered, ...] = ()


def changes(records: Sequence[e.Record], titles: Titles) -> Changes:
    """Return what was amended and waived, and how phases were entered. The records begin with the run's first."""
    if not any(isinstance(record.event, ch.ChangeEvent) for record in records):
        return Changes()
    teller = _Teller(titles)
    for record in records:
        teller.take(record)
    return teller.told()


def lapsed_in(records: Sequence[e.Record], titles: Titles) -> tuple[tuple[int, Lapsed], ...]:
    """Return the signatures that amendments touched, each with the number of the record that let it lapse."""
    if not any(isinstance(record.event, ch.AmendmentApproved) for record in records):
        return ()
    return tuple((each.ended_seq, lost) for each in changes(records, titles).amendments for lost in each.lapsed)


class _Teller:
    """Follows the fold and writes down what the chapters' events led to."""

    def __init__(self, titles: Titles) -> None:
        self._titles = titles
        self._state: RunState | None = None
        self._amendments: list[Amended] = []
        self._waivers: list[Waived] = []
        self._entries: list[Entered] = []

    def take(self, record: e.Record) -> None:
        """Take the next record in."""
        before, self._state = self._state, evolve(self._state, record)
        if before is None:
            return
        match record.event:
            case ch.PhaseApproached() | ch.PhaseLeft() | e.PhaseEntered() | e.GateAsked():
                self._entry(record, record.event)
            case ch.WaiverAsked() | ch.StepWaived():
                self._waiver(record, record.event)
            case ch.AmendmentProposed() | ch.AmendmentApproved() | ch.AmendmentWithdrawn():
                self._amendment(before, self._state, record, record.event)
            case _:
                pass

    def told(self) -> Changes:
        """Return all of it."""
        ended = self._state is not None and self._state.ending is not None
        return Changes(
            amendments=tuple(
                replace(each, outcome="ended with the run") if ended and each.outcome == "waits" else each
                for each in self._amendments
            ),
            waivers=tuple(self._lasting(each) for each in self._waivers),
            entries=tuple(self._entries),
        )

    def _lasting(self, waived: Waived) -> Waived:
        now = self._state.steps.get(waived.step) if self._state is not None else None
        holds = now is not None and now.status is Status.WAIVED
        return waived if holds or waived.outcome != "waived" else replace(waived, outcome="taken back")

    def _entry(self, record: e.Record, event: ch.PhaseApproached | ch.PhaseLeft | e.PhaseEntered | e.GateAsked) -> None:
        if isinstance(event, ch.PhaseApproached):
            begun = Entered(
                phase=event.phase,
                title=self._titles[event.phase],
                at=record.at,
                by=record.by,
                gates=(),
                outcome="given up",
            )
            self._entries.append(begun)
            return
        last = self._entries[-1] if self._entries else None
        if last is None or last.phase != event.phase or last.outcome != "given up":
            return
        match event:
            case e.GateAsked(step=step, passed=passed, actual=actual):
                asked = Asked(at=record.at, step=step, title=self._titles[step], passed=passed, actual=actual)
                self._entries[-1] = replace(last, gates=(*last.gates, asked))
            case ch.PhaseLeft(reason=reason):
                self._entries[-1] = replace(last, outcome="not entered", why=reason)
            case _:
                self._entries[-1] = replace(last, outcome="entered")

    def _waiver(self, record: e.Record, event: ch.WaiverAsked | ch.StepWaived) -> None:
        if isinstance(event, ch.WaiverAsked):
            asked = Waived(
                step=event.step,
                title=self._titles[event.step],
                reason=event.reason,
                asked_by=record.by,
                asked_at=record.at,
                outcome="not agreed",
            )
            self._waivers.append(asked)
            return
        for index in reversed(range(len(self._waivers))):
            if self._waivers[index].step == event.step:
                agreed = {"agreed_by": record.by, "agreed_at": record.at, "note": event.note, "outcome": "waived"}
                self._waivers[index] = replace(self._waivers[index], **agreed)
                return

    def _amendment(
        self,
        before: RunState,
        after: RunState,
        record: e.Record,
        event: ch.AmendmentProposed | ch.AmendmentApproved | ch.AmendmentWithdrawn,
    ) -> None:
        if isinstance(event, ch.AmendmentProposed):
            self._end(record, outcome="replaced")
            self._amendments.append(_proposed(after, record, event))
            return
        if before.amendment is None or not self._amendments:
            return
        if isinstance(event, ch.AmendmentWithdrawn):
            self._end(record, outcome="withdrawn", why=event.reason)
            return
        given = Approval(at=record.at, account=record.by, role=event.role, note=event.note)
        self._amendments[-1] = replace(self._amendments[-1], approvals=(*self._amendments[-1].approvals, given))
        if after.amendment is None:
            self._end(record, outcome="in effect", lapsed=_lapsed(before, after, self._titles))

    def _end(self, record: e.Record, *, outcome: str, why: str = "", lapsed: tuple[Lapsed, ...] = ()) -> None:
        if self._amendments and self._amendments[-1].outcome == "waits":
            end = {"outcome": outcome, "ended": record.at, "ended_seq": record.seq, "ended_by": record.by}
            self._amendments[-1] = replace(self._amendments[-1], **end, why=why, lapsed=lapsed)


def _proposed(state: RunState, record: e.Record, event: ch.AmendmentProposed) -> Amended:
    found = state.amendment.changes if state.amendment is not None else ()
    return Amended(
        seq=record.seq,
        at=record.at,
        by=record.by,
        reason=event.reason,
        source_name=event.source_name,
        source_digest=event.source_digest,
        plan_digest=event.plan_digest,
        roles=event.roles,
        outcome="waits",
        difference=entries(found, old=state.runbook, new=event.runbook),
    )


def _lapsed(before: RunState, after: RunState, titles: Titles) -> tuple[Lapsed, ...]:
    return tuple(
        Lapsed(step=step, title=titles[step], account=each.account, role=each.role, at=each.at)
        for step, now in before.steps.items()
        for each in now.signatures
        if step not in after.steps or each not in after.steps[step].signatures
    )
