"""`runbook undo`: take a phase back, its steps in reverse order; the phase's id is given twice, as on the screen."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import UndoPhase

NAME = "undo"
HELP = "Take a phase of a run back, in reverse order."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--phase", metavar="ID", required=True, help="the phase")
    parser.add_argument("--typed", metavar="ID", required=True, help="its id again, as confirmation")


def execute(arguments: Namespace) -> int:
    """Ask the engine; it goes on undoing after the answer."""
    command = UndoPhase(phase=arguments.phase, typed=arguments.typed)
    return ask(arguments, command, done=f"{arguments.phase} is being undone: see `runbook status`")
