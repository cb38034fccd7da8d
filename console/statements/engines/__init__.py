"""Finds what knows an engine's SQL. Rule: a module or package of this folder, named like the engine."""

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

from console.core.errors import RunbookError
from console.statements.statement import Effects, Leftover, Probe, Statement


class Grammar(Protocol):
    """What a module of this folder has. RunbookError, with its line, is all that it raises."""

    def split(self, sql: str) -> tuple[Statement, ...]:
        """Return the statements of a text; RunbookError with its line for what is none."""
        ...

    def pieces(self, sql: str) -> int:
        """Return how many pieces semicolons make of a text that need not be a whole statement."""
        ...

    def normalised(self, sql: str) -> str:
        """Return SQL without comments and with single spaces; it need not be a whole statement."""
        ...

    def effects(self, statement: Statement) -> Effects:
        """Say what it locks and how much work it is."""
        ...

    def probes(self, statement: Statement) -> tuple[Probe, ...]:
        """Return the questions that tell whether it happened; all must hold; none when nothing can tell."""
        ...

    def leftovers(self, statement: Statement) -> tuple[Leftover, ...]:
        """Return what it leaves half-made when it is interrupted; nothing of what a rollback takes back."""
        ...


def known() -> tuple[str, ...]:
    """Return the engines whose SQL is known."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def grammar(engine: str) -> Grammar:
    """Return what knows the SQL of an engine; RunbookError when nothing does."""
    if engine not in known():
        raise RunbookError(f"The SQL of {engine} is not built in yet", remedy=f"engine: one of {', '.join(known())}")
    return cast("Grammar", importlib.import_module(f"{__name__}.{engine}"))
