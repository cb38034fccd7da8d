"""`runbook take-over`: take the driver's seat of a run, on the record."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import account, ask
from console.core.commands import TakeOver

NAME = "take-over"
HELP = "Take the driver's seat of a run."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--reason", metavar="TEXT", default="", help="why")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, TakeOver(reason=arguments.reason), done=f"{account()} drives now")
