"""What servers had to do with a run, as Markdown. Rule: only fields of the report."""

from collections.abc import Sequence

from console.views.contention import Ended, HalfMade, Waited
from console.views.markdown_text import table


def waits(found: Sequence[Waited]) -> list[str]:
    """Return the table of the locks that were waited for."""
    rows = [
        (each.at, each.title, str(each.attempt), str(each.tries), each.longest, str(each.behind), _names(each))
        for each in found
    ]
    columns = ("from", "step", "attempt", "tries", "longest wait", "sessions behind", "in its way")
    return table(columns, rows) if rows else []


def _names(waited: Waited) -> str:
    return ", ".join(waited.in_the_way)


def ended(found: Sequence[Ended]) -> list[str]:
    """Return the table of the sessions that somebody wanted out of the way."""
    rows = [
        (each.at, each.by, f"{each.pid} {each.whose}".rstrip(), each.how, each.title, each.reason, _answer(each))
        for each in found
    ]
    return table(("at", "by", "session", "how", "for", "why", "answer"), rows) if rows else []


def _answer(each: Ended) -> str:
    if each.done is None:
        return "none"
    return each.answer if each.done else f"not done: {each.answer}"


def half_made(found: Sequence[HalfMade]) -> list[str]:
    """Return the table of what was found half-made."""
    rows = [(each.found, each.words, each.gone if each.gone is not None else "still there") for each in found]
    return table(("found", "what, whose, how it goes", "gone"), rows) if rows else []
