"""`runbook approve`: the amendment that waits. Rule: what is approved is what was printed, told by its digest."""

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from console.cli import which_run
from console.cli.asking import account, answer_to, tell
from console.core.commands import ApproveAmendment
from console.core.errors import GateError
from console.views.amendment import waiting_body, waiting_entries
from console.views.difference import difference_lines
from console.views.rows import texts

NAME = "approve"
HELP = "Show the amendment that waits, and approve it in a role."
WAITS = 6
"""Exit status when it was only shown."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--role", metavar="ROLE", help="the role to approve it in; without it, it is only shown")
    parser.add_argument("--note", metavar="TEXT", default="", help="what goes with the approval")
    parser.epilog = "exit status: 0 approved · 3 refused, or none waits · 6 only shown: it waits"


def execute(arguments: Namespace) -> int:
    """Show it; with a role, approve exactly that one. Raises GateError when none waits."""
    run = which_run.meant(arguments)
    state = which_run.state_of(run)
    waiting = state.amendment
    if waiting is None:
        raise GateError("no amendment waits for approval", remedy="`runbook amend FILE` puts one up")
    print("\n".join(difference_lines(waiting_entries(state, waiting))))
    print("\n".join(texts(waiting_body(state, waiting, now=datetime.now(tz=UTC)))))
    if arguments.role is None:
        print("only shown; --role ROLE approves it")
        return WAITS
    digest = waiting.proposed.source_digest
    command = ApproveAmendment(source_digest=digest, role=arguments.role, note=arguments.note)
    answer = asyncio.run(answer_to(run, command))
    return tell(answer, done=f"{account()} approved it as {arguments.role}")
