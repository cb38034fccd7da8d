"""`runbook verify`: whether journals are as they were written. Rule: says what can be known, and what cannot."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.storage.verify import verify
from console.views.text import one_line

NAME = "verify"
HELP = "Tell whether journals are as they were written."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser, nargs="*")
    parser.epilog = "exit status: 0 every journal is whole · 1 one is broken"


def execute(arguments: Namespace) -> int:
    """Say it of each, with the hash of the last whole record."""
    broken = 0
    for name in arguments.run or [None]:
        run = which_run.named(arguments, name)
        verdict = verify(run.journal)
        broken += verdict.state == "broken"
        print(f"{one_line(run.id)}: {one_line(verdict.words, limit=1000)} (head {verdict.head})")
    return 1 if broken else 0
