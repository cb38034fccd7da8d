"""What a SQL statement is, without a server: where it ends, what it does, how to tell that it happened.

Rule: pure, and every failure is a RunbookError with its line. A module in `engines/` adds an engine.
"""

from collections.abc import Sequence
from functools import lru_cache

from console.core.errors import RunbookError
from console.statements.engines import Grammar, grammar, known
from console.statements.statement import Effects, Probe, Statement
from console.statements.tokens import BLANK, Token, scan

__all__ = ["Effects", "Probe", "Statement", "effects", "known", "normalised", "probes", "split"]


@lru_cache(maxsize=64)
def split(sql: str, *, engine: str) -> tuple[Statement, ...]:
    """Return the statements of a text; comments before and after one are left out, those inside stay.

    Raises RunbookError with the line of a quote, comment or body that is not closed.
    """
    rules = grammar(engine)
    found: list[Statement] = []
    begun: list[Token] = []
    inside: list[Token] = []
    for token in scan(sql, syntax=rules.SYNTAX):
        if token.text == ";" and rules.complete(inside):
            found += _statement(begun, inside, rules=rules)
            begun, inside = [], []
            continue
        if token.kind not in BLANK:
            inside.append(token)
        if inside:
            begun.append(token)
    if not rules.complete(inside):
        raise RunbookError(f"Line {inside[0].line}: this statement's body has no END", remedy="end it with END;")
    return (*found, *_statement(begun, inside, rules=rules))


def effects(statement: Statement, *, engine: str) -> Effects:
    """Say what a statement locks and how much work it is."""
    return grammar(engine).effects(_tokens(statement, engine), statement)


def probes(statement: Statement, *, engine: str) -> tuple[Probe, ...]:
    """Return what tells whether a statement happened: all must hold; none when nothing can tell."""
    return grammar(engine).probes(_tokens(statement, engine), statement)


def normalised(sql: str, *, engine: str = "sqlite") -> str:
    """Return SQL without comments and with single spaces, literals untouched: equal means the same."""
    pieces: list[str] = []
    for token in scan(sql, syntax=grammar(engine).SYNTAX):
        if token.kind not in BLANK:
            pieces.append(token.text)
        elif pieces and pieces[-1] != " ":
            pieces.append(" ")
    return "".join(pieces).rstrip(" ")


def _tokens(statement: Statement, engine: str) -> list[Token]:
    found = scan(statement.text, syntax=grammar(engine).SYNTAX)
    return [token for token in found if token.kind not in BLANK]


def _statement(tokens: Sequence[Token], inside: Sequence[Token], *, rules: Grammar) -> list[Statement]:
    """Return the statement that these tokens, and without blanks those inside, are; none for an empty one."""
    if not inside:
        return []
    end = next(end for end in range(len(tokens), 0, -1) if tokens[end - 1].kind not in BLANK)
    return [rules.recognised(inside, text="".join(token.text for token in tokens[:end]))]
