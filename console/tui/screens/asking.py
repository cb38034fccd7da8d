"""How a screen asks a session. Rule: an answer that does not come freezes nothing, and a refusal is always said."""

import asyncio

from console.core.commands import Answer, AnyCommand, Refused
from console.sessions import Session
from console.tui.widgets.foot import Foot

PATIENCE = 10.0
"""Seconds to wait for an answer; it may still come, so the question is not taken back."""

_unanswered: set[asyncio.Future[Answer]] = set()


async def submitted(session: Session, command: AnyCommand) -> Answer:
    """Submit a command and return the answer, or a refusal when none came."""
    asked = asyncio.ensure_future(session.submit(command))
    _unanswered.add(asked)
    asked.add_done_callback(_unanswered.discard)
    await asyncio.wait({asked}, timeout=PATIENCE)
    if not asked.done():
        return Refused(
            reason=f"the engine has not answered for {PATIENCE:.0f} s", remedy="it may still do it: watch the timeline"
        )
    if isinstance(error := asked.exception(), OSError):
        return Refused(reason=f"the engine hung up: {error}", remedy="r starts it again")
    return asked.result()


async def accepted(session: Session, command: AnyCommand, *, answer: Foot) -> bool:
    """Submit a command; when it is refused, say so in the dialog."""
    given = await submitted(session, command)
    if isinstance(given, Refused):
        answer.say(given.reason, remedy=given.remedy)
        return False
    return True
