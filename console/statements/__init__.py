"""What a SQL statement is, without a server: where it ends, what it does, how to tell that it happened.

Rule: pure, and every failure is a RunbookError with its line. A module in `engines/` adds an engine.
"""

from functools import lru_cache

from console.statements.engines import grammar, known
from console.statements.statement import Effects, Leftover, Probe, Statement

__all__ = [
    "Effects",
    "Leftover",
    "Probe",
    "Statement",
    "effects",
    "known",
    "leftovers",
    "normalised",
    "pieces",
    "probes",
    "split",
]


@lru_cache(maxsize=64)
def split(sql: str, *, engine: str) -> tuple[Statement, ...]:
    """Return the statements of a text; comments before and after one are left out, those inside stay.

    Raises RunbookError with the line of a quote, comment or body that is not closed.
    """
    return grammar(engine).split(sql)


def pieces(sql: str, *, engine: str) -> int:
    """Return how many pieces semicolons make of a text that need not be a whole statement: an expression, a FROM.

    Raises RunbookError with the line of a quote or comment that is not closed.
    """
    return grammar(engine).pieces(sql)


def effects(statement: Statement, *, engine: str) -> Effects:
    """Say what a statement locks and how much work it is."""
    return grammar(engine).effects(statement)


def probes(statement: Statement, *, engine: str) -> tuple[Probe, ...]:
    """Return what tells whether a statement happened: all must hold; none when nothing can tell."""
    return grammar(engine).probes(statement)


def leftovers(statement: Statement, *, engine: str) -> tuple[Leftover, ...]:
    """Return what a statement leaves half-made when it is interrupted; none of one that a rollback takes back."""
    return grammar(engine).leftovers(statement)


def normalised(sql: str, *, engine: str = "sqlite") -> str:
    """Return SQL without comments and with single spaces, literals untouched: equal means the same.

    Raises RunbookError with the line of a quote or comment that is not closed.
    """
    return grammar(engine).normalised(sql)
