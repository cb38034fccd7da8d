"""The demo's database: accounts and their users, the same content each time.

Rule: it replaces only its own file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

from console.core.errors import Unreachable

APPLICATION_ID = 0x52424B44
"""In the file's header: it was made here and may be made anew."""
ACCOUNTS, USERS = 20_000, 200_000
SEED = 20260314
NEXT_TO_EACH_OTHER = 0.9
"""Share of the users whose key follows on the one before; the others come after rows that were deleted."""
FIRST_DAY = datetime(2019, 4, 1, 7, 0, tzinfo=UTC)
USER = "INSERT INTO users VALUES (?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch'))"


def build(path: Path, *, accounts: int = ACCOUNTS, users: int = USERS) -> None:
    """Make the database anew. Raises Unreachable when another program's file is there, or it cannot be written."""
    half_made = path.with_name(f"{path.name}.half-made")
    try:
        _remove_own(path)
        half_made.unlink(missing_ok=True)
        _fill(half_made, accounts=accounts, users=users)
        half_made.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise Unreachable(f"the demo's database {path} cannot be made: {error}", remedy="name another place") from error


def _fill(path: Path, *, accounts: int, users: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Nobody else knows the file yet, and a half-made one is thrown away: no journal, no waiting for the disk.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.executescript((files("console.databases") / "demo.sql").read_text(encoding="utf-8"))
        random = Random(SEED)  # noqa: S311 - the same names each time, no secret
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO accounts VALUES (?, ?, ?, ?)", _accounts(random, accounts))
        connection.executemany(USER, _users(random, users, accounts))
        connection.execute("CREATE INDEX users_account_id ON users (account_id)")
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def _remove_own(path: Path) -> None:
    if not path.exists():
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA application_id").fetchone()
    if found != APPLICATION_ID:
        raise Unreachable(f"{path} is not the demo's database", remedy="move it away, or name another place")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _words() -> dict[str, list[str]]:
    """Return what people and companies are named with, by the part of the name."""
    text = (files("console.databases") / "demo_names.txt").read_text(encoding="utf-8")
    return {part: words.split(", ") for part, words in (line.split(": ", 1) for line in text.splitlines())}


def _accounts(random: Random, count: int) -> Iterator[tuple[object, ...]]:
    moment, words = FIRST_DAY, _words()
    for number in range(1, count + 1):
        moment += timedelta(seconds=random.randrange(600, 18_000))
        name = f"{random.choice(words['first'])} {random.choice(words['second'])} {random.choice(words['form'])}"
        bits = f"{random.getrandbits(128):032x}"
        organisation = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
        yield number, organisation, name, f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _users(random: Random, count: int, accounts: int) -> Iterator[tuple[object, ...]]:
    """Yield the parameters of USER; the moment is in seconds, because SQLite writes 200,000 of them faster."""
    moment, key, words = int(FIRST_DAY.timestamp()), 0, _words()
    given_names, family_names, chance, choice = words["given"], words["family"], random.random, random.choice
    for number in range(1, count + 1):
        key += 1 if chance() < NEXT_TO_EACH_OTHER else random.randrange(2, 40)
        moment += 60 + int(chance() * 1_740)
        given, family = choice(given_names), choice(family_names)
        account = 1 + int(accounts * chance() ** 2)  # old accounts have more users
        email = f"{given}.{family}{number}@example.org".lower().replace(" ", "")
        yield key, account, email, f"{given} {family}", int(chance() * 250_000), moment
