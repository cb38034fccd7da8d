"""Cuts SQL into tokens by an engine's own syntax. Rule: nothing is lost; the tokens joined are the text."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, cast

from console.core.errors import RunbookError

TokenKind = Literal["space", "comment", "string", "name", "word", "mark", "unclosed"]
BLANK = ("space", "comment")
_OF_ONE_LINE = ("word", "mark")
MOST = 100_000
"""Tokens of one text: reading it takes time in proportion to them."""


class Token(NamedTuple):
    """A piece of SQL; `line` counts from 1."""

    kind: TokenKind
    text: str
    line: int

    @property
    def word(self) -> str:
        """The word in capitals; what is quoted or is no word stays as written, so that it equals no word."""
        return self.text.upper() if self.kind == "word" else self.text


def scan(sql: str, *, syntax: re.Pattern[str]) -> Iterator[Token]:
    """Yield all tokens; `syntax` has one named group for each kind and matches any character.

    Raises RunbookError for a quote or comment that is not closed, and for NUL, which no server accepts.
    """
    line, nul = 1, sql.find("\0")
    for count, found in enumerate(syntax.finditer(sql)):
        text, kind = found[0], cast("TokenKind", found.lastgroup)
        if count == MOST:
            raise RunbookError(
                f"Line {line}: more than {MOST:,} words and signs", remedy="split it, or load the data from a table"
            )
        if kind == "unclosed":
            raise RunbookError(f"Line {line}: what {text} opens is not closed", remedy="close it")
        if 0 <= nul < found.end():
            raise RunbookError(f"Line {line}: a NUL character is in the SQL", remedy="remove it")
        yield Token(kind, text, line)
        if kind not in _OF_ONE_LINE:
            line += text.count("\n")


class Reader:
    """Reads the tokens of one statement from left to right; blanks are not among them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def ended(self) -> bool:
        """Whether all tokens are read."""
        return self._at >= len(self._tokens)

    def skip(self, *words: str) -> bool:
        """Pass over these words if they are what comes next."""
        found = tuple(token.word for token in self._tokens[self._at : self._at + len(words)]) == words
        self._at += len(words) if found else 0
        return found

    def skip_to(self, *words: str) -> str:
        """Pass to the first of these words outside of parentheses and return it; empty when none comes."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            token = self._tokens[index]
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.word in words:
                self._at = index
                return token.word
        return ""

    def word(self) -> str:
        """Take the next word, in capitals; empty at the end."""
        return "" if self.ended else self._next().word

    def name(self) -> str:
        """Take a name that may be quoted and dotted; return its last part without quotes."""
        found = "" if self.ended else unquoted(self._next().text)
        while self.skip(".") and not self.ended:
            found = unquoted(self._next().text)
        return found

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]


def unquoted(name: str) -> str:
    """Return a name without the quotes around it and with the doubled ones inside it single."""
    if name[:1] not in ('"', "'", "`", "["):
        return name
    close = "]" if name[0] == "[" else name[0]
    return name[1:-1].replace(close * 2, close) if close != "]" else name[1:-1]
