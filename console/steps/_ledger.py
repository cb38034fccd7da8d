"""What the ledger says of a step. Rule: its word counts, whatever the number of the attempt; it is in the target."""

from console.core.events import Action
from console.core.ports import Database, LedgerEntry, Settled


def in_effect(entry: LedgerEntry | None) -> bool:
    """Tell whether the step was applied and not taken back."""
    return entry is not None and entry.applied_at is not None and entry.rolled_back_at is None


def told_by_ledger(entry: LedgerEntry | None, *, action: Action) -> Settled:
    """Settle a step whose every write is committed together with its row in the ledger."""
    if entry is None:
        happened, evidence = action == "undo", "the ledger holds no row of this step: it changed nothing"
    elif in_effect(entry):
        happened = action == "run"
        evidence = f"the ledger says: applied at {entry.applied_at}, attempt {entry.attempt}"
    elif entry.rolled_back_at is not None:
        happened = action == "undo"
        evidence = f"the ledger says: taken back at {entry.rolled_back_at}, attempt {entry.attempt}"
    else:
        happened, evidence = action == "undo", "the ledger says: begun, not applied"
    return Settled(happened="yes" if happened else "no", evidence=evidence)


async def mark_complete(database: Database) -> None:
    """Commit a transaction with nothing in it but the ledger's row, which marks the step as applied or taken back."""
    async with database.transaction(completes=True):
        pass
