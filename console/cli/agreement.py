"""Whether a journal and the ledger of its database tell the same story.

Rule: it only reads; a run goes on with no older copy of either, nor with one of two copies that went separate ways.
"""

from collections.abc import Iterable, Sequence

from console.core import events as e
from console.core import observations as o
from console.core.errors import JournalError, WrongTarget
from console.core.identity import Identity
from console.core.ports import LedgerEntry, Target, Ticket
from console.core.state import RunState
from console.storage.runs import Run
from console.storage.verify import Anchor, verify


def anchors_in(ledger: Iterable[LedgerEntry], *, run: str) -> tuple[Anchor, ...]:
    """Return what a ledger knows of a run's journal."""
    return tuple(Anchor(head=row.journal_head, known_by=_row(row)) for row in ledger if row.run == run)


def _row(row: LedgerEntry) -> str:
    when = f", applied {row.applied_at}" if row.applied_at else ""
    when = f", rolled back {row.rolled_back_at}" if row.rolled_back_at else when
    return f"the ledger's row of step {row.step!r} (attempt {row.attempt}{when})"


def ensure_known_to_database(committed: dict[str, int], ledger: Iterable[LedgerEntry], *, run: str) -> None:
    """Refuse a database that does not know what the journal saw committed. Raises WrongTarget.

    `committed` are the attempts by step, see `committed_in`.
    """
    known = {row.step: row.attempt for row in ledger if row.run == run}
    for step, attempt in committed.items():
        if known.get(step, 0) < attempt:
            raise WrongTarget(
                f"This database is an older copy: it does not know of step {step!r}, which this run has done to it",
                remedy="put back the one that the run left, or give this run up and begin anew with --take-over",
            )


def committed_in(records: Iterable[e.Record]) -> dict[str, int]:
    """Return the last attempt of each step of which a commit was seen.

    Rows are told once they are committed; a statement already before, so that it counts when its attempt succeeded.
    """
    attempts: dict[str, int] = {}
    executed: set[str] = set()
    found: dict[str, int] = {}
    for record in records:
        match record.event:
            case e.StepStarted(step=step, attempt=attempt):
                attempts[step] = attempt
                executed.discard(step)
            case o.StatementRan(step=step):
                executed.add(step)
            case e.StepSucceeded(step=step) if step in executed:
                found[step] = attempts.get(step, 0)
            case o.Progressed(step=step, done=done) if done > 0:  # a wait has no rows
                found[step] = attempts.get(step, 0)
            case _:
                pass
    return found


async def ensure_not_moved(target: Target, found: Identity, *, still_open: Iterable[RunState]) -> None:
    """Refuse a database that knows a run which is open, and began on it as it was before. Raises WrongTarget."""
    known = {row.run for row in await target.ledger()}
    for state in still_open:
        if state.started.run in known and state.target.facts != found.facts:
            try:
                await target.bind(_looking(state), state.target).entry()
            except WrongTarget as error:
                raise WrongTarget(
                    f"run {state.started.run} of this runbook is open, and {error.message}",
                    remedy=f"put {state.target.label} back as it was to go on; or give that run up: --take-over",
                ) from error


def _looking(state: RunState) -> Ticket:
    """Return a ticket that writes nothing."""
    return Ticket(
        run=state.started.run,
        runbook=state.runbook.runbook,
        step="",
        description="",
        checksum="",
        environment=state.started.environment,
        attempt=0,
        action="run",
        epoch=0,
        journal_head="",
    )


def ensure_known_to_journal(run: Run, ledger: Sequence[LedgerEntry], *, name: str) -> None:
    """Refuse a journal that does not hold what the ledger was written after. Raises JournalError.

    `name` is the run's in the ledger; its folder may have been renamed.
    """
    anchors = anchors_in(ledger, run=name)
    verdict = verify(run.journal, anchors=anchors) if anchors else None
    if verdict is not None and verdict.state == "broken":
        raise JournalError(
            f"the journal {run.journal} is an older copy, or another copy of it went on: {verdict.first_bad.why}",
            remedy=f"put the one back that the run left; or move {run.folder} away and begin anew with --take-over",
        )
