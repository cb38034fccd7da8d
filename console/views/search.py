"""Finding things by a word. Rule: case does not matter; the search goes round."""

from collections.abc import Sequence

from console.core.runbook import Runbook
from console.views.rows import Row, plain


def found_after(runbook: Runbook, text: str, step_id: str) -> str | None:
    """Return the next step after one whose id or title has the text; None when none has."""
    steps = runbook.steps()
    start = next((index for index, step in enumerate(steps) if step.id == step_id), -1) + 1
    wanted = text.casefold()
    for step in (*steps[start:], *steps[:start]):
        if wanted in step.id.casefold() or wanted in step.title.casefold():
            return step.id
    return None


def row_after(rows: Sequence[Row], text: str, index: int) -> int | None:
    """Return the place of the next row after one that has the text; None when none has."""
    wanted = text.casefold()
    places = (*range(index + 1, len(rows)), *range(index + 1))
    return next((each for each in places if wanted in plain(rows[each].left).casefold()), None)
