"""`runbook withdraw`: the amendment that waits is off; the run keeps the runbook it has."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import WithdrawAmendment

NAME = "withdraw"
HELP = "Take the amendment back that waits for approval."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--reason", metavar="TEXT", default="", help="why")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, WithdrawAmendment(reason=arguments.reason), done="withdrawn")
