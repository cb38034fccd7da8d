"""`runbook amend`: what a changed runbook changes of a run under way, and its proposal. Rule: shown before sent."""

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from console.cli import which_run
from console.cli.asking import account, answer_to, tell
from console.core.commands import Amend, AmendTo
from console.core.errors import GateError
from console.storage.amended import amended_by
from console.views.amendment import Proposal, proposal, proposal_body
from console.views.difference import difference_lines
from console.views.rows import texts

NAME = "amend"
HELP = "Show what a changed runbook changes of a run, and put it up for approval."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("file", metavar="FILE", type=Path, help="the changed runbook, whole")
    parser.add_argument("--reason", metavar="TEXT", help="why; without it the difference is only shown")
    parser.epilog = (
        "exit status: 0 it was put up, or could be · 2 the file is wrong · 3 something is in its way, or it was refused"
    )


def execute(arguments: Namespace) -> int:
    """Show the difference; with a reason, ask the engine. Raises GateError when something is in its way."""
    run = which_run.meant(arguments)
    state = which_run.state_of(run)
    environment = state.started.environment
    # Without a reason it is only looked at, as it would be with one.
    read = amended_by(arguments.file, reason=arguments.reason or "shown only", environment=environment)
    found = proposal(state, read, by=account(), now=datetime.now(tz=UTC))
    show(found)
    if found.in_its_way:
        raise GateError(found.in_its_way[0].reason, remedy=found.in_its_way[0].remedy)
    if arguments.reason is None:
        print("only shown; --reason TEXT puts it up for approval")
        return 0
    answer = asyncio.run(answer_to(run, asked(read)))
    return tell(answer, done=f"put up; it waits for {' and '.join(found.roles)}, who see it with `runbook approve`")


def asked(read: AmendTo) -> Amend:
    """Return the command that puts up what was read."""
    return Amend(source=read.source, source_name=read.source_name, reason=read.reason)


def show(found: Proposal) -> None:
    """Print the difference, what is in its way, and whose word it needs."""
    print("\n".join(difference_lines(found.difference)))
    print("\n".join(texts(proposal_body(found))))
