"""Which server and database it is. Rule: it is the primary that the run began on, or nothing is written."""

from collections.abc import Iterator

from console.core.errors import WrongTarget
from console.core.identity import Identity
from console.core.secrets import redacted
from console.databases.postgresql.session import ENGINE, Session

UNKNOWN = "not known"
_MEANING = {
    "system": "another server answers there",
    "role": "its part in the replication changed",
    "timeline": "it was promoted, or restored to a point in time, since the run began",
    "data_directory": "its files lie elsewhere, so that it is a copy or was moved",
    "oid": "the database was dropped and made anew, or restored, under its name",
    "database": "it is another database of that server",
    "schema": "the search path leads to another schema",
    "port": "the server listens on another port",
    "address": "the server has another address",
}
"""What it means that a fact changed, what matters most first."""


async def identity(session: Session) -> Identity:
    """Return what a session is connected to; asked inside a transaction, it holds for the transaction."""
    answer = await session.ask("identity")
    facts = {name: str(value) for name, value in zip(answer.columns, answer.rows[0], strict=True)}
    return Identity(
        engine=ENGINE,
        version=session.version,
        name=facts["database"],
        label=redacted(session.place),
        facts=facts,
    )


def ensure_expected(found: Identity, expected: Identity) -> None:
    """Refuse to write a database other than the one that the run began on."""
    ensure_primary(found)
    ensure_same(found, expected)


def ensure_same(found: Identity, expected: Identity) -> None:
    """Refuse a database other than the one that the run began on."""
    if found.engine == expected.engine and found.facts == expected.facts:
        return
    raise WrongTarget(
        f"{found.label} is not the database that this run began on: {'; '.join(_changes(found, expected))}",
        remedy=f"put {expected.label} back as it was, or start a new run on this one",
    )


def _changes(found: Identity, expected: Identity) -> Iterator[str]:
    """Say what changed; of another server, or of a database that was made anew, everything else follows from that."""
    names = [*_MEANING, *sorted({*found.facts, *expected.facts} - set(_MEANING))]
    for name in names:
        was, now = (each.facts.get(name) or UNKNOWN for each in (expected, found))
        if was != now:
            meaning = _MEANING.get(name, "it is another one")
            if name == "data_directory" and UNKNOWN in (was, now):
                meaning = "the role was given, or lost, the right to see where the server's files are"
            yield f"{meaning} ({name} was {was} and is {now})"
            if name in ("engine", "system"):
                return


def ensure_primary(found: Identity) -> None:
    """Refuse a server that follows another one."""
    if found.facts["role"] != "primary":
        raise WrongTarget(
            f"{found.label} is a replica: it follows another server and cannot be written",
            remedy="name the primary, or add target_session_attrs=read-write to the URL",
        )
