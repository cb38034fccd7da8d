"""`runbook abort`: a run ends for good before its end; nothing is undone by it."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import Abort
from console.core.errors import JournalError

NAME = "abort"
HELP = "End a run for good, leaving the database as it is."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why")


def execute(arguments: Namespace) -> int:
    """Ask the engine. Raises JournalError that tells how to have one, with a screen and without."""
    try:
        return ask(arguments, Abort(reason=arguments.reason), done="aborted")
    except JournalError as error:
        without = "without a screen with --headless and answers that say `abort: REASON`"
        raise JournalError(error.message, remedy=f"{error.remedy}; {without}") from error
