"""What steps and phases are called. Rule: whatever a record names has a title, though an amendment dropped it since."""

from collections.abc import Iterable, Sequence

from console.core.changed import AmendmentProposed
from console.core.events import Record, RunStarted
from console.core.runbook import Runbook


class Titles(dict[str, str]):
    """Titles by the ids of steps and phases; what no document knows is called by its id."""

    def __init__(self, documents: Iterable[Runbook]) -> None:
        super().__init__()
        self.steps: set[str] = set()
        """Ids of all the steps."""
        for each in documents:
            named = {step.id: step.title for step in each.steps()}
            self.steps |= named.keys()
            self.update({**named, **{phase.id: phase.title for phase in each.phases}})

    def __missing__(self, name: str) -> str:
        return name


def titles_of(runbook: Runbook, records: Sequence[Record]) -> Titles:
    """Return the titles of a runbook, and of the documents that the records of its run hold."""
    told = (_document(record) for record in records)
    return Titles((*(each for each in told if each is not None), runbook))


def _document(record: Record) -> Runbook | None:
    return record.event.runbook if isinstance(record.event, RunStarted | AmendmentProposed) else None
