"""`runbook pause`: nothing starts, and what can hold at a boundary holds."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import Pause

NAME = "pause"
HELP = "Hold a run at the next boundary."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--reason", metavar="TEXT", default="", help="why")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, Pause(reason=arguments.reason), done="paused")
