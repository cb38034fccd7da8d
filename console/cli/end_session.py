"""`runbook end-session`: a session of the server goes out of the way of a step. Rule: the engine decides."""

import asyncio
from argparse import ArgumentParser, Namespace
from typing import get_args

from console.cli import which_run
from console.cli.asking import answer_to, tell
from console.core.commands import EndSession
from console.core.errors import GateError
from console.core.observations import How, ServerSession
from console.core.state import RunState
from console.views.ending_session import consequence
from console.views.locks import awaited, doing, endable, named
from console.views.text import one_line

NAME = "end-session"
HELP = "Stop or end a session that a step waits for."
_NAMED = 5
"""How many sessions an error names."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("pid", metavar="PID", type=int, help="the number of its process, as `runbook status` has it")
    parser.add_argument(
        "--how",
        choices=get_args(How),
        default="cancel",
        help="cancel: its statement is stopped; terminate: it is disconnected; by default cancel",
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the record")
    parser.add_argument("--typed", metavar="PID", required=True, help="the number again, as confirmation")


def execute(arguments: Namespace) -> int:
    """Say whose session it is; ask the engine."""
    run = which_run.meant(arguments)
    step, session = _meant(which_run.state_of(run), arguments.pid)
    print(one_line(f"{named(session)}, {doing(session)}: {session.query}", limit=1000))
    print("".join(span.text for span in consequence(session, arguments.how)))
    command = EndSession(
        step=step,
        pid=session.pid,
        since=session.since,
        how=arguments.how,
        typed=arguments.typed,
        reason=arguments.reason,
    )
    done = f"asked the server to {arguments.how} {session.pid}; its answer: see `runbook status`"
    return tell(asyncio.run(answer_to(run, command)), done=done)


def _meant(state: RunState, pid: int) -> tuple[str, ServerSession]:
    """Return the step that waits, and the session of that process. Raises GateError when it is not in its way."""
    step = state.under_way()
    lock = awaited(state.steps[step]) if step else None
    if step is None or lock is None:
        raise GateError("no step waits for a lock", remedy="see `runbook status`")
    found = endable(lock)
    session = next((each for each in found if each.pid == pid), None)
    if session is None:
        names = ", ".join(named(each) for each in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        remedy = f"in its way: {names}{more}" if found else "see `runbook status`"
        raise GateError(f"process {pid} is not in the way of {step}", remedy=remedy)
    return step, session
