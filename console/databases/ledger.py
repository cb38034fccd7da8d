"""What the ledger and the lease say, the same for every engine. Rule: pure; a target stores what is returned here."""

from msgspec.structs import replace

from console.core.errors import GateError, LeaseLost, WrongTarget
from console.core.ports import Lease, LedgerEntry, Ticket


def written(
    before: LedgerEntry | None,
    ticket: Ticket,
    *,
    completes: bool,
    now: str,
    milliseconds: int,
    position: tuple[str, int] | None = None,
) -> LedgerEntry:
    """Return the step's row after a commit; `position` is a backfill's, with the rows handled so far."""
    entry = LedgerEntry(
        run=ticket.run,
        step=ticket.step,
        version=ticket.runbook,
        description=ticket.description,
        checksum=ticket.checksum,
        environment=ticket.environment,
        attempt=ticket.attempt,
        applied_at=before.applied_at if before else None,
        rolled_back_at=before.rolled_back_at if before else None,
        execution_ms=before.execution_ms if before else None,
        position=before.position if before else None,
        rows=before.rows if before else 0,
        epoch=ticket.epoch,
        journal_head=ticket.journal_head,
    )
    if position is not None:
        entry = replace(entry, position=position[0], rows=position[1])
    if not completes:
        return entry
    if ticket.action == "undo":
        return replace(entry, rolled_back_at=now, position=None, rows=0, execution_ms=milliseconds)
    return replace(entry, applied_at=now, rolled_back_at=None, execution_ms=milliseconds)


def ensure_free(holder: Lease | None, wanted: Lease, *, take_over: bool) -> None:
    """Refuse a lease that another run holds; `holder` is None when nobody does."""
    if holder is None or holder.run == wanted.run or take_over:
        return
    raise GateError(
        f"Run {holder.run} holds this database: {holder.account} on {holder.host}, process {holder.pid}",
        remedy="finish or abort that run, or take over explicitly",
    )


def ensure_new(lease: Lease, *, known: bool) -> None:
    """Refuse a run that begins with a name that the target knows already."""
    if known:
        raise GateError(f"Another run of the name {lease.run} was begun on this database", remedy="start once more")


def ensure_reached(epoch: int | None, *, after: int) -> None:
    """Refuse a target that has not come to an epoch that the run has seen; None when it never gave one."""
    if (epoch or 0) < after:
        raise _older()


def ensure_remembered(commits: int, *, after: int) -> None:
    """Refuse a target that counts fewer commits of a run than its engine has seen: a copy was put back under it."""
    if commits < after:
        raise _older()


def _older() -> WrongTarget:
    return WrongTarget(
        "This database is an older copy: it does not know what this run has done to it since",
        remedy="put back the one that the run left, or give this run up and begin anew with --take-over",
    )


def ensure_environment(known: str | None, wanted: Lease) -> None:
    """Refuse a name other than the one that this database's ledger knows; None when it knows none."""
    if known is None or known == wanted.environment:
        return
    raise GateError(
        f"This database has been migrated as {known}, not as {wanted.environment}",
        remedy=f"run with --env {known}; if it is a copy, correct environment in its runbook_ledger first",
    )


def ensure_held(epoch: int | None, holder: Lease | None, ticket: Ticket) -> None:
    """Refuse to write for a ticket whose lease is over; `holder` is None when it was given back."""
    if holder is not None and holder.run == ticket.run and epoch == ticket.epoch:
        return
    if holder is None:
        raise LeaseLost("The lease on this database was given back", remedy="start the run again to go on")
    raise LeaseLost(
        f"Run {holder.run} has taken this database: {holder.account} on {holder.host}, process {holder.pid}",
        remedy="go on there, or take it back with take-over",
    )
