"""Finds what knows an engine's SQL. Rule: a module of this folder, named like the engine; no list."""

import importlib
import pkgutil
import re
from collections.abc import Sequence
from functools import cache
from typing import Protocol, cast

from console.core.errors import RunbookError
from console.statements.statement import Effects, Probe, Statement
from console.statements.tokens import Token


class Grammar(Protocol):
    """What a module of this folder has."""

    SYNTAX: re.Pattern[str]
    """One named group for each kind of token; together they match any text."""

    def complete(self, tokens: Sequence[Token]) -> bool:
        """Say whether a semicolon would end the statement that these tokens, without blanks, begin."""
        ...

    def recognised(self, tokens: Sequence[Token], *, text: str) -> Statement:
        """Return the statement that these tokens, without blanks, are."""
        ...

    def effects(self, tokens: Sequence[Token], statement: Statement) -> Effects:
        """Say what it locks and how much work it is."""
        ...

    def probes(self, tokens: Sequence[Token], statement: Statement) -> tuple[Probe, ...]:
        """Return the questions that tell whether it happened; all must hold; none when nothing can tell."""
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
