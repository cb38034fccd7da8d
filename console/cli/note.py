"""`runbook note`: a remark for the record of a run under way."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import AddNote

NAME = "note"
HELP = "Put a remark on a run's record."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("-m", "--text", metavar="TEXT", required=True, help="the remark")
    parser.add_argument("--step", metavar="ID", default="", help="the step that it is about")


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, AddNote(text=arguments.text, step=arguments.step), done="noted")
