"""How a dialog asks a session.

Rule: a dialog stays open until its question was accepted, and says what was refused.
"""

from console.core.commands import AnyCommand, Refused
from console.sessions import Session
from console.tui.widgets.answer import Answer


async def accepted(session: Session, command: AnyCommand, *, answer: Answer) -> bool:
    """Submit a command; when it is refused, say so in the dialog."""
    given = await session.submit(command)
    if isinstance(given, Refused):
        answer.say(given.reason, remedy=given.remedy)
        return False
    return True
