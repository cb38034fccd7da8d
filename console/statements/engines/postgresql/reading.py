"""Reads SQL with PostgreSQL's own lexer and parser. Rule: hostile text is refused before it reaches them.

They are C: nesting that is too deep ends the process, and long rows of signs take time in proportion to their square.
The line of every refusal is told. What a runbook may contain beyond SQL are placeholders, `:name` and `?`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import postgast
from google.protobuf.message import DecodeError
from postgast import PgQueryError
from postgast import pg_query_pb2 as pg

from console.core.errors import RunbookError
from console.statements.tokens import MOST

COMMENTS = (pg.SQL_COMMENT, pg.C_COMMENT)
SEMICOLON = pg.ASCII_59
DEEPEST = 500
"""Of an estimate from above. The parser itself ends the process from about 3,000 on, in a thread with a small stack."""
LONGEST_RUN, MOST_RUNS = 1_000, 100_000_000
"""Signs in a row, and the sum of the squares of all such rows."""

_SIGNS = re.compile(r"[~!@#^&|`?+\-*/%<>=]{2,}")
_PSQL = re.compile(r"^[ \t]*(\\[a-zA-Z!?.]\w*)", re.MULTILINE)
_COPY = re.compile(r"^[ \t]*copy\b[^;]*?\bfrom\s+stdin\b", re.MULTILINE | re.IGNORECASE)
_OPENS = (pg.ASCII_40, pg.ASCII_91)
_CLOSES = (pg.ASCII_41, pg.ASCII_93)
_PARTS = (pg.ASCII_44, SEMICOLON)
_LEVELS = (*_PARTS, pg.AND, pg.OR, pg.WHEN, pg.THEN, pg.ELSE)
"""What begins a next part at the same level: the parser makes lists of these, however many."""
_FLAT = frozenset((pg.IDENT, pg.SCONST, pg.ICONST, pg.FCONST, pg.PARAM, pg.ASCII_46, pg.ASCII_58, *COMMENTS))
_ENDS_VALUE = (pg.IDENT, pg.SCONST, pg.ICONST, pg.FCONST, pg.PARAM, pg.ASCII_41, pg.ASCII_91, pg.ASCII_93)
"""After these a colon or question mark is an operator; so it is within the brackets of an array."""
_BEFORE_VALUE = (pg.BY, pg.ESCAPE)
"""Words that are names elsewhere."""
_TELLING = 120
"""Characters of what the parser says; it quotes all that is not closed."""
_DEEP = "put parentheses around parts of a long row of operators, name inner queries with WITH, write rows with VALUES"


class Written(NamedTuple):
    """One statement of a text: what is sent, the line of its first word, and its tree."""

    text: str
    line: int
    node: pg.Node


def scanned(sql: str) -> tuple[bytes, Sequence[pg.ScanToken]]:
    """Return the text in UTF-8 and its tokens, whose positions are bytes. Raises RunbookError."""
    data = _readable(sql)
    try:
        tokens = postgast.scan(sql).tokens
    except PgQueryError as error:
        raise _told(sql, error) from None
    if len(tokens) > MOST:
        line = data.count(b"\n", 0, tokens[MOST].start) + 1
        raise RunbookError(
            f"Line {line}: more than {MOST:,} words and signs", remedy="split it, or load the data from a table"
        )
    return data, tokens


def statements(sql: str) -> Iterator[Written]:
    """Yield the statements of a text with their trees. Raises RunbookError with the line of what is none."""
    data, tokens = scanned(sql)
    found = [token for token in tokens if token.token not in COMMENTS]
    if all(token.token == SEMICOLON for token in found):
        return
    at, counted, line = 0, 0, 1
    for raw in _tree(sql, data, found).stmts:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        while found[at].start < raw.stmt_location or found[at].token == SEMICOLON:
            at += 1
        start = found[at].start
        while at < len(found) and found[at].start < end:
            at += 1
        line += data.count(b"\n", counted, start)
        counted = start
        yield Written(data[start : found[at - 1].end].decode(), line, raw.stmt)


@lru_cache(maxsize=16)
def node_of(text: str) -> pg.Node:
    """Return the tree of one statement."""
    (written,) = statements(text)
    return written.node


def _readable(sql: str) -> bytes:
    """Return the text in UTF-8. Raises RunbookError for what C cannot take, or not in time."""
    try:
        data = sql.encode()
    except UnicodeEncodeError as error:
        line = sql.count("\n", 0, error.start) + 1
        raise RunbookError(f"Line {line}: a character is no Unicode", remedy="remove it") from None
    if "\0" in sql:
        line = sql.count("\n", 0, sql.index("\0")) + 1
        raise RunbookError(f"Line {line}: a NUL character is in the SQL", remedy="remove it")
    total = 0
    for run in _SIGNS.finditer(sql):
        length = run.end() - run.start()
        total += length * length
        if length > LONGEST_RUN or total > MOST_RUNS:
            line = sql.count("\n", 0, run.start()) + 1
            raise RunbookError(f"Line {line}: {length:,} signs in a row", remedy="shorten such rows of signs")
    return data


def _tree(sql: str, data: bytes, tokens: Sequence[pg.ScanToken]) -> pg.ParseResult:
    deepest = _deepest(tokens)
    line = data.count(b"\n", 0, tokens[deepest[1]].start) + 1
    if deepest[0] > DEEPEST:
        raise RunbookError(f"Line {line}: nested too deeply to be read", remedy=_DEEP)
    try:
        try:
            return postgast.parse(sql)
        except PgQueryError as error:
            placed = _placed(data, tokens)
            if placed == data:
                raise _told(sql, error) from None
        try:
            return postgast.parse(placed.decode())
        except PgQueryError as error:
            raise _told(sql, error) from None
    except DecodeError:
        raise RunbookError(f"Line {line}: nested too deeply to be read", remedy=_DEEP) from None


def _deepest(tokens: Sequence[pg.ScanToken]) -> tuple[int, int]:
    """Return an estimate from above of how deep the tree is, and the index of the token where it is deepest.

    What is open counts, and so does what stands in a row at one level, for a row of operators is a tree.
    """
    levels, depth, cases = [0], 0, 0
    deepest = (0, 0)
    for index, token in enumerate(tokens):
        kind = token.token
        if kind in _FLAT:
            continue
        if kind in _LEVELS:
            depth -= levels[-1]
            levels[-1] = 0
            # An END may be a name: so a CASE is open until something ends that cannot be inside of it.
            cases = 0 if len(levels) == 1 and kind in _PARTS else cases
            continue
        if kind in _CLOSES:
            if len(levels) > 1:
                depth -= levels.pop() + 1
                levels[-1] -= 1
            continue
        cases += kind == pg.CASE
        levels[-1] += 1
        depth += 1
        if kind in _OPENS:
            levels.append(0)
        if depth + cases > deepest[0]:
            deepest = (depth + cases, index)
    return deepest


def _placed(data: bytes, tokens: Sequence[pg.ScanToken]) -> bytes:
    """Return the text with placeholders as parameters, each as long as it was: after a value a colon is none."""
    placed = bytearray(data)
    value = False
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if not value:
            joined = token.token == pg.ASCII_58 and after is not None and after.start == token.end
            if joined and after is not None and data[after.start : after.start + 1].isalpha():
                placed[token.start : after.end] = b"$1".ljust(after.end - token.start)
            elif data[token.start : token.end] == b"?":
                placed[token.start : token.end] = b"0"
        named = token.keyword_kind == pg.UNRESERVED_KEYWORD and token.token not in _BEFORE_VALUE
        value = named or token.token in _ENDS_VALUE
    return bytes(placed)


def _told(sql: str, error: PgQueryError) -> RunbookError:
    """Return what is wrong, in terms of who wrote it. The position counts characters, from 1."""
    at = error.cursorpos - 1 if error.cursorpos > 0 else len(sql)
    for pattern, say in ((_COPY, _no_copy), (_PSQL, _no_psql)):
        found = pattern.search(sql)
        if found and found.start() <= at:
            return say(found[0].strip(), line=sql.count("\n", 0, found.start()) + 1)
    line = sql.count("\n", 0, at) + 1
    if error.message.endswith('at or near "\\"'):
        return _no_psql(sql[at:].partition("\n")[0][:40], line=line)
    if error.message.startswith("unterminated"):
        return RunbookError(f"Line {line}: {_short(error.message)}", remedy="close it")
    if error.message.startswith("memory exhausted"):
        return RunbookError(f"Line {line}: nested too deeply to be read", remedy=_DEEP)
    return RunbookError(f"Line {line}: {_short(error.message)}", remedy="correct it: so says PostgreSQL's own parser")


def _short(message: str) -> str:
    told = " ".join(message.split())
    return told if len(told) <= _TELLING else f"{told[: _TELLING - 1]}…"


def _no_psql(command: str, *, line: int) -> RunbookError:
    told = f"Line {line}: {command} is a command of psql, not SQL"
    return RunbookError(told, remedy="leave it out, or run psql itself in a shell step")


def _no_copy(_: str, *, line: int) -> RunbookError:
    return no_stream("COPY … FROM STDIN", line=line)


def no_stream(what: str, *, line: int) -> RunbookError:
    """Return the refusal of what would need data to flow between client and server."""
    told = f"Line {line}: {what} needs a client that sends or takes the rows"
    return RunbookError(told, remedy="write INSERT, or run psql in a shell step")
