"""How our sessions are called in pg_stat_activity. Rule: which step it is can be read, however long a run's name is."""

from console.core.ports import Ticket

LONGEST = 63
"""Bytes that a server keeps of such a name."""
PROGRAM = "runbook"
_STEP = 32


def called(ticket: Ticket) -> str:
    """Return the name of a session at work on a step: `runbook RUN STEP`, shortened where it must be."""
    step = ticket.step
    if len(f"{PROGRAM} {ticket.run} {step}") > LONGEST:
        step = step[:_STEP]
    left = LONGEST - len(f"{PROGRAM}  {step}")
    run = ticket.run if len(ticket.run) <= left else f"..{ticket.run[2 - left :]}"  # its end is the time it began
    return f"{PROGRAM} {run} {step}"
