"""Questions by purpose. Rule: a file's first line names its parameters; the ledger is meant wherever a path leads."""

import re
from functools import cache

from console.databases.purposes import sql_for

_PARAMETERS = re.compile(r"-- parameters: (.+)\n")
_OWN = re.compile(r"(?<!')\b(runbook_(?:ledger|lease))\b(?!')")


@cache
def question(purpose: str, *, schema: str = "") -> tuple[str, tuple[str, ...]]:
    """Return the SQL of that purpose and the names of $1, $2 …; the ledger's tables are in that (quoted) schema.

    Raises DatabaseError when there is no such purpose.
    """
    sql = sql_for(purpose, engine="postgresql")
    found = _PARAMETERS.match(sql)
    names = tuple(found[1].split(", ")) if found else ()
    return (_OWN.sub(rf"{_literally(schema)}.\1", sql) if schema else sql), names


def _literally(text: str) -> str:
    return text.replace("\\", r"\\")
