"""`runbook abort`: a run ends for good before its end; nothing is undone by it."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import Abort

NAME = "abort"
HELP = "End a run for good, leaving the database as it is."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, Abort(reason=arguments.reason), done="aborted")
