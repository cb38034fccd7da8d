"""`runbook unpause`: a run that was held goes on."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.asking import ask
from console.core.commands import Unpause

NAME = "unpause"
HELP = "Let a paused run go on."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)


def execute(arguments: Namespace) -> int:
    """Ask the engine."""
    return ask(arguments, Unpause(), done="the run goes on")
