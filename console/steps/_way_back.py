"""What takes a step back, as its kind reads it. Rule: what takes nothing back is refused before anybody needs it."""

from collections.abc import Sequence

from console.core.runbook import Step
from console.statements import Statement, normalised
from console.steps._statements import written


def none_needed(step: Step, why: str) -> None:
    """Raise ValueError with `field: message` for a way back of a step that changes nothing."""
    for field, text in (("undo", step.undo), ("restore", step.restore)):
        if text is not None:
            raise ValueError(f"{field}: {why}; leave it out")


def undoing(sql: str, *, forward: Sequence[Statement], engine: str) -> tuple[Statement, ...]:
    """Return the statements of an undo. Raises ValueError with `undo: message` for those that take nothing back.

    An UPDATE may well be its own undo: it can exchange two columns.
    """
    found = written(sql, field="undo", engine=engine)
    if all(each.kind == "query" for each in found) and not all(each.repeatable for each in forward):
        raise ValueError("undo: only reads, so that it takes nothing back; write the SQL that does, or restore:")
    texts = [[normalised(each.text, engine=engine) for each in statements] for statements in (found, forward)]
    if texts[0] == texts[1] and not all(each.repeatable or each.verb == "UPDATE" for each in found):
        raise ValueError("undo: is the statement itself, so that it takes nothing back; write the SQL that does")
    return found
