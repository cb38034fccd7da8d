"""Decisions about sessions of a server that hold a step up. Rule: like `decide`, of which it is a chapter."""

from console.core import commands as c
from console.core import gates
from console.core.commands import Refused
from console.core.locks import in_the_way
from console.core.observations import ServerSession
from console.core.server_events import SessionEndAsked
from console.core.state import RunState, Status

PREPARED = 0
"""What servers say for the process of a transaction that was prepared: it has none."""


def end_session(state: RunState, command: c.EndSession) -> Refused | tuple[SessionEndAsked, ...]:
    """Answer who wants a session out of the way of a step that waits for its lock."""
    now = state.steps[command.step]
    if now.status is not Status.RUNNING or now.lock is None or now.lock_at is None:
        return Refused(reason="it waits for no lock", remedy="only what holds a step up is ended from here")
    if refused := session_gate(state):
        return refused
    found = [each for each in now.lock.sessions if (each.pid, each.since) == (command.pid, command.since)]
    if not found:
        reason = f"no process {command.pid} that connected at {command.since} was seen"
        return Refused(reason=reason, remedy="look once more who holds the lock")
    session = found[0]
    if session.ours:
        return Refused(reason=f"process {session.pid} is this run's own", remedy="cancel the step instead")
    if session.pid == PREPARED:
        remedy = "whoever prepared it ends it: COMMIT PREPARED or ROLLBACK PREPARED"
        return Refused(reason="a prepared transaction has no session", remedy=remedy)
    if session not in in_the_way(now.lock.sessions):
        return Refused(reason=f"process {session.pid} is not in its way", remedy="end one that the step waits for")
    if command.typed.strip() != str(session.pid):
        return Refused(reason="the process was not typed as it is", remedy=f"type {session.pid}")
    return (
        SessionEndAsked(
            step=command.step,
            pid=session.pid,
            since=session.since,
            how=command.how,
            whose=_whose(session),
            reason=command.reason,
        ),
    )


def session_gate(state: RunState) -> Refused | None:
    """Refuse while the server has not answered to the end of a session."""
    asked = state.session_end
    if asked is None:
        return None
    words = "is being ended" if asked.how == "terminate" else "is being cancelled"
    return gates.refused((gates.Gate(f"process {asked.pid} {words}", "wait for the server's answer"),))


def _whose(session: ServerSession) -> str:
    return f"{session.user} ({session.application})" if session.application else session.user
