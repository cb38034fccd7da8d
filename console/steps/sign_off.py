"""A checkpoint that is signed. Rule: as many different people as it has roles; the decider counts them."""

from collections.abc import AsyncIterator

from msgspec import Struct, convert
from msgspec.structs import replace

from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import SIGNATURES, Step
from console.steps._person import not_settled, refuse
from console.steps._values import shortened
from console.steps._way_back import none_needed

KEY = "sign_off"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed, and by whom."""

    sign_off: str
    """What the signatures say."""
    roles: tuple[str, ...] = ()
    """Who signs; empty: as many as the runbook's risk demands."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in who signs. Raises ValueError when there is nothing to sign, or an undo of it."""
    if not data.sign_off.strip():
        raise ValueError("sign_off: says nothing; write what is signed")
    if not all(role.strip() for role in data.roles):
        raise ValueError("roles: one of them is empty")
    none_needed(step, "signatures lapse by themselves when their phase is undone")
    title = step.title or shortened(data.sign_off)
    return replace(step, title=title, driven_by="signatures", signatures=data.roles or SIGNATURES[risk])


def preview(step: Step, facts: Facts) -> Preview:
    """Say what is signed by whom."""
    data = convert(step.data, Data)
    people = ", ".join(step.signatures)
    return Preview(words=f"{data.sign_off} — signed by: {people}", undo="The signatures lapse.")


def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Refuse: people sign. Raises GateError."""
    refuse(step, done_by="signed by people", remedy=f"it is signed by: {', '.join(step.signatures)}")


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that nothing was sent."""
    return not_settled(step)


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Let the signatures lapse."""
    yield "the signatures lapse"
