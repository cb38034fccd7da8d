"""SQL by purpose: `sql/<engine>/<purpose>.sql`. Rule: SQL longer than a line lives there and is found by its name."""

from functools import cache
from importlib.resources import files

from console.core.errors import DatabaseError


@cache
def sql_for(purpose: str, *, engine: str) -> str:
    """Return the SQL of that purpose; DatabaseError when the engine has none."""
    if purpose not in purposes(engine):
        raise DatabaseError(
            f"There is no question {purpose!r} for {engine}",
            remedy=f"ask one of {', '.join(purposes(engine))}",
        )
    return (files("console.databases") / "sql" / engine / f"{purpose}.sql").read_text(encoding="utf-8")


@cache
def purposes(engine: str) -> tuple[str, ...]:
    """Return all purposes that have SQL for that engine."""
    found = (entry.name for entry in (files("console.databases") / "sql" / engine).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))
