"""SQL of others as it may be shown. Rule: no literal and no comment is left; in doubt only its first words are."""

import re

from postgast import pg_query_pb2 as pg

from console.core.errors import RunbookError
from console.statements.engines.postgresql.reading import COMMENTS, scanned

LONGEST = 300
"""Characters that are shown."""
_LITERALS = (pg.SCONST, pg.USCONST, pg.BCONST, pg.XCONST, pg.ICONST, pg.FCONST)
_FIRST_WORDS = re.compile(r"\s*((?:[A-Za-z_]{1,63}\s+){0,3}[A-Za-z_]{0,63})\b")


def without_literals(sql: str) -> str:
    """Return a statement with … for each literal, without comments; a server may have cut it off."""
    try:
        # With standard_conforming_strings off a backslash hides the quote after it, and what follows is a literal too.
        data, tokens = scanned(sql) if "\\'" not in sql else (b"", [])
    except RunbookError:
        data, tokens = b"", ()
    written: list[str] = []
    end = 0
    for token in tokens:
        if token.token in COMMENTS:
            continue
        if written and token.start > end:
            written.append(" ")
        end = token.end
        written.append("…" if token.token in _LITERALS else data[token.start : end].decode())
    return _shortened("".join(written) if written else _first_words(sql))


def _first_words(sql: str) -> str:
    found = _FIRST_WORDS.match(sql)
    return f"{' '.join(found[1].split())} …" if found and found[1] else "…" * bool(sql.strip())


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
