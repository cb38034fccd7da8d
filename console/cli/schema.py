"""`runbook schema`: the JSON Schema of a runbook, for editors."""

import sys
from argparse import ArgumentParser, Namespace

from console.views.json_text import as_json

NAME = "schema"
HELP = "Print the JSON Schema of a runbook, for editors."


def configure(parser: ArgumentParser) -> None:
    """Add no argument: there is one format."""


def execute(_: Namespace) -> int:
    """Print it."""
    from console.storage.schema import schema

    sys.stdout.buffer.write(as_json(schema()))
    return 0
