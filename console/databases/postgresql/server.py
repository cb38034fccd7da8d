"""Which server and database it is. Rule: it is the primary that the run began on, or nothing is written."""

from console.core.errors import WrongTarget
from console.core.identity import Identity
from console.core.secrets import redacted
from console.databases.postgresql.session import ENGINE, Session


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
    """Refuse a database other than the one that the run began on."""
    ensure_primary(found)
    if found.engine == expected.engine and found.facts == expected.facts:
        return
    names = {*found.facts, *expected.facts}
    differing = [
        f"{name} was {expected.facts.get(name, 'not known')} and is {found.facts.get(name, 'not known')}"
        for name in sorted(names)
        if found.facts.get(name) != expected.facts.get(name)
    ]
    raise WrongTarget(
        f"{found.label} is not the database that this run began on ({'; '.join(differing)})",
        remedy=f"put {expected.label} back as it was, or start a new run on this one",
    )


def ensure_primary(found: Identity) -> None:
    """Refuse a server that follows another one."""
    if found.facts["role"] != "primary":
        raise WrongTarget(
            f"{found.label} is a replica: it follows another server and cannot be written",
            remedy="name the primary, or add target_session_attrs=read-write to the URL",
        )
