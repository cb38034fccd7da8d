"""Cuts SQL into statements by tokens, for an engine whose own parser is not at hand. Rule: nothing is lost."""

import re
from collections.abc import Sequence
from typing import Protocol

from console.core.errors import RunbookError
from console.statements.statement import Statement
from console.statements.tokens import BLANK, Token, scan


class Complete(Protocol):
    """Says whether a semicolon would end the statement that these tokens, without blanks, begin."""

    def __call__(self, tokens: Sequence[Token]) -> bool: ...


class Recognised(Protocol):
    """Returns the statement that these tokens, without blanks, are."""

    def __call__(self, tokens: Sequence[Token], *, text: str) -> Statement: ...


def cut(sql: str, *, syntax: re.Pattern[str], complete: Complete, recognised: Recognised) -> tuple[Statement, ...]:
    """Return the statements of a text. Raises RunbookError with the line of what is not closed."""
    found: list[Statement] = []
    begun: list[Token] = []
    inside: list[Token] = []
    for token in scan(sql, syntax=syntax):
        if token.text == ";" and complete(inside):
            found += _statement(begun, inside, recognised=recognised)
            begun, inside = [], []
            continue
        if token.kind not in BLANK:
            inside.append(token)
        if inside:
            begun.append(token)
    if not complete(inside):
        raise RunbookError(f"Line {inside[0].line}: this statement's body has no END", remedy="end it with END;")
    return (*found, *_statement(begun, inside, recognised=recognised))


def spaced(sql: str, *, syntax: re.Pattern[str]) -> str:
    """Return SQL without comments and with single spaces."""
    written: list[str] = []
    for token in scan(sql, syntax=syntax):
        if token.kind not in BLANK:
            written.append(token.text)
        elif written and written[-1] != " ":
            written.append(" ")
    return "".join(written).rstrip(" ")


def inner(statement: Statement, *, syntax: re.Pattern[str]) -> list[Token]:
    """Return the tokens of a statement without blanks."""
    return [token for token in scan(statement.text, syntax=syntax) if token.kind not in BLANK]


def _statement(tokens: Sequence[Token], inside: Sequence[Token], *, recognised: Recognised) -> list[Statement]:
    """Return the statement that these tokens, and without blanks those inside, are; none for an empty one."""
    if not inside:
        return []
    end = next(end for end in range(len(tokens), 0, -1) if tokens[end - 1].kind not in BLANK)
    return [recognised(inside, text="".join(token.text for token in tokens[:end]))]
