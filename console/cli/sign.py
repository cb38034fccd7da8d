"""`runbook sign`: one signature under a checkpoint. Rule: whose signature it is, the kernel says."""

import asyncio
from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import account, answer_to, tell
from console.core.commands import SignOff
from console.core.errors import RunbookError
from console.core.gates import roles_of
from console.core.runbook import Step
from console.core.state import RunState, Status

NAME = "sign"
HELP = "Sign a checkpoint of a run off."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--step", metavar="ID", help="the checkpoint; by default the next one that is not signed off")
    parser.add_argument("--role", metavar="ROLE", help="the role; by default the only one of yours that is missing")
    parser.add_argument("--note", metavar="TEXT", default="", help="what goes with the signature")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    run = which_run.meant(arguments)
    state = which_run.state_of(run)
    step = arguments.step or _open_checkpoint(state).id
    role = arguments.role or _role(state, step, account())
    answer = asyncio.run(answer_to(run, SignOff(step=step, role=role, note=arguments.note)))
    return tell(answer, done=f"{account()} signed {step} as {role}")


def _open_checkpoint(state: RunState) -> Step:
    """Return the first checkpoint that is not signed off; the ones after it are locked."""
    for step in state.runbook.steps():
        if step.driven_by == "signatures" and state.steps[step.id].status is not Status.DONE:
            return step
    raise RunbookError("no checkpoint of this run waits for a signature")


def _role(state: RunState, step_id: str, who: str) -> str:
    if step_id not in state.steps:
        raise RunbookError(f"there is no step {step_id} in this run", remedy="`runbook status` names what waits")
    missing = list(state.step(step_id).signatures)
    for signature in state.steps[step_id].signatures:
        missing.remove(signature.role)
    mine = sorted(set(missing) & roles_of(state, who))
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise RunbookError(f"{who} may sign {step_id} in several roles", remedy=f"--role {' | '.join(mine)}")
    raise RunbookError(
        f"{who} has none of the roles that are missing at {step_id}: {', '.join(missing) or 'none'}",
        remedy="people: in the runbook gives roles to accounts",
    )
