"""A place in a JSON document: `$.name`, `$["a name"]`, `$.list[0]`. Rule: one place, never a search."""

import re
from typing import Any

_PART = re.compile(r"""\.([A-Za-z_][\w-]*)|\[([0-9]{1,6})\]|\["([^"]*)"\]|\['([^']*)'\]""")


class Absent:
    """There is nothing at that place."""


ABSENT = Absent()


def parts(path: str) -> tuple[str | int, ...]:
    """Return the names and numbers of a path. Raises ValueError for what is none."""
    found: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path) and (part := _PART.match(path, at)):
        name, number, *quoted = part.groups()
        found.append(int(number) if number is not None else next(each for each in (name, *quoted) if each is not None))
        at = part.end()
    if not path.startswith("$") or at != len(path):
        raise ValueError(f'{path[:60]!r} is no path such as $.status, $.checks[0].ok or $["a name"]')
    return tuple(found)


def at(path: str, document: Any) -> Any:
    """Return what is at a place of a document; ABSENT when there is nothing."""
    here = document
    for part in parts(path):
        match here, part:
            case dict(), str() if part in here:
                here = here[part]
            case list(), int() if part < len(here):
                here = here[part]
            case _:
                return ABSENT
    return here
