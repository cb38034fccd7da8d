"""`runbook waive`: a step is passed without being done: one person asks, another agrees. Rule: the engine decides."""

import asyncio
from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import account, answer_to, tell
from console.core.commands import Waive
from console.core.errors import RunbookError
from console.core.state import RunState
from console.views.pending import waiver_asked, waiver_words, waivers_asked
from console.views.text import one_line

NAME = "waive"
HELP = "Ask for a step to be passed without being done, or agree to that."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--step", metavar="ID", help="the step; by default the one that somebody asks to waive")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; a note when it is agreed to")


def execute(arguments: Namespace) -> int:
    """Say what is agreed to, if anything is; ask the engine."""
    run = which_run.meant(arguments)
    state = which_run.state_of(run)
    step = arguments.step or _asked_for(state)
    asked = waiver_asked(state.steps[step]) if step in state.steps else None
    done = f"asked to waive {step}; another person agrees with `runbook waive --step {step}`"
    agrees_to = asked.reason if asked is not None and asked.by != account() else ""
    if asked is not None and agrees_to:
        print(one_line(waiver_words(state.title(step), asked), limit=1000))
        done = f"{account()} agreed to waive {step}: see `runbook status`"
    command = Waive(step=step, reason=arguments.reason, agrees_to=agrees_to)
    return tell(asyncio.run(answer_to(run, command)), done=done)


def _asked_for(state: RunState) -> str:
    """Return the only step that somebody asks to waive. Raises RunbookError when that is not one."""
    found = [step.id for step, _ in waivers_asked(state)]
    if len(found) == 1:
        return found[0]
    if found:
        raise RunbookError(f"waivers of {len(found)} steps are asked for", remedy=f"--step {' | '.join(found)}")
    raise RunbookError("nobody asks for a waiver in this run", remedy="name the step to pass with --step")
