"""Which file it is. Rule: the name must still lead to the file that was opened, or nothing is written."""

import sqlite3
from pathlib import Path

from console.core.errors import Unreachable, WrongTarget
from console.core.identity import Identity
from console.core.secrets import redacted

ENGINE = "sqlite"


def facts_of(path: Path) -> dict[str, str]:
    """Return device and inode of what the name leads to; Unreachable when it leads to no file."""
    try:
        found = path.stat()
    except OSError as error:
        raise Unreachable(
            f"{path} cannot be found: {error.strerror}",
            remedy="correct the URL (sqlite:///shop.db is a path from the root, sqlite:shop.db one from here), "
            "or put the file back; a run never creates a database",
        ) from error
    if not path.is_file():
        raise Unreachable(f"{path} is not a file", remedy="name the database's file")
    return {"device": str(found.st_dev), "inode": str(found.st_ino)}


def ensure_same(path: Path, *, opened: dict[str, str]) -> None:
    """Refuse a file that was put in the place of the one that is open."""
    if facts_of(path) != opened:
        raise WrongTarget(
            f"{path} was replaced by another file while it was open",
            remedy="put the file of this run back, or start a run on the new one",
        )


def identity(connection: sqlite3.Connection, path: Path, *, opened: dict[str, str]) -> Identity:
    """Return what is open under this path; `opened` are its device and inode."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return Identity(
        engine=ENGINE,
        version=sqlite3.sqlite_version,
        name=redacted(path.name),
        label=redacted(str(path)),
        facts={**opened, "application_id": str(application)},
    )


def ensure_expected(found: Identity, expected: Identity) -> None:
    """Refuse a database other than the one that the run began on."""
    if found.engine == expected.engine and found.facts == expected.facts:
        return
    differing = [name for name, value in found.facts.items() if expected.facts.get(name) != value]
    raise WrongTarget(
        f"{found.label} is not the database that this run began on ({', '.join(differing)} differs)",
        remedy=f"put {expected.label} back, or start a new run on this one",
    )
