"""SQLite, in a file. Rule: opening never creates a database and never changes one."""

from pathlib import Path

from console.core.errors import RunbookError
from console.databases.sqlite.target import SqliteTarget

FORMS = "write sqlite:///absolute/path or sqlite:relative/path"


async def open_target(url: str, *, patience: float = 5.0) -> SqliteTarget:
    """Open the database of a URL; `patience` is how many seconds another writer is waited for.

    Raises RunbookError for another form of URL, Unreachable when there is no such file or it is no database.
    """
    return await SqliteTarget.opened(path_of(url), patience=patience)


def path_of(url: str) -> Path:
    """Return the file that a URL names, absolute; the name is taken as written, without %-encoding or options."""
    rest = url.partition(":")[2]
    if rest == ":memory:":
        raise RunbookError("sqlite::memory: is gone when its process ends; a run needs a file", remedy=FORMS)
    if rest.startswith("//") and not rest.startswith("///"):
        raise RunbookError(f"{url} names a host, which SQLite has none of", remedy=FORMS)
    name = "/" + rest.lstrip("/") if rest.startswith("/") else rest
    if name.strip("/") == "" or "\0" in name:
        raise RunbookError(f"{url!r} names no file", remedy=FORMS)
    return Path(name).absolute()
