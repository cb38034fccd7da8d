"""SQL in colours.

Rule: the lexer is loaded when the first SQL is looked at; brackets and quotes stay what they are.
"""

from functools import cache, lru_cache
from typing import Any

from console.tui.ink import Piece

SQL_CLASSES = frozenset({"sql--keyword", "sql--text", "sql--number", "sql--comment", "sql--plain"})


@lru_cache(maxsize=64)
def sql_lines(code: str) -> tuple[tuple[Piece, ...], ...]:
    """Return the lines of SQL, each in pieces."""
    lines: list[list[Piece]] = [[]]
    for kind, text in _lexed(code):
        first, *rest = text.split("\n")
        lines[-1].append((first, kind))
        lines.extend([(more, kind)] for more in rest)
    return tuple(tuple(piece for piece in each if piece[0]) for each in lines)


def _lexed(code: str) -> list[tuple[str, str]]:
    return [(_class(str(kind)), text) for kind, text in _lexer().get_tokens(code.rstrip())]


@cache
def _lexer() -> Any:
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # it has no types

    return get_lexer_by_name("sql", ensurenl=False, stripnl=False)


def _class(kind: str) -> str:
    for prefix, name in _CLASSES.items():
        if kind.startswith(prefix):
            return name
    return "sql--plain"


_CLASSES = {
    "Token.Keyword": "sql--keyword",
    "Token.Literal.String": "sql--text",
    "Token.Literal.Number": "sql--number",
    "Token.Comment": "sql--comment",
}
