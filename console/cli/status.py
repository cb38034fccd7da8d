"""`runbook status`: where a run stands, for people, programs and the status bar of tmux."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from console.cli import which_run
from console.storage.lease import held_by
from console.views import status as views
from console.views.json_text import as_json

NAME = "status"
HELP = "Say where a run stands."
_STATUSES = {"finished": 0, "aborted": 1, "failed": 1, "in doubt": 5}
"""By state; every other one is 6: it goes on, or waits."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--tmux", action="store_true", help="one line for the status bar: #(runbook status --tmux)")
    parser.epilog = "exit status: 0 finished · 1 failed or aborted · 5 in doubt · 6 under way or waiting"


def execute(arguments: Namespace) -> int:
    """Print it."""
    run = which_run.meant(arguments)
    state = which_run.state_of(run)
    now = views.status(state, now=datetime.now(tz=UTC), engine=held_by(run.folder) is not None)
    if arguments.json:
        sys.stdout.buffer.write(as_json(now))
    elif arguments.tmux:
        print(views.tmux_line(now))
    else:
        print("\n".join(views.lines(now)))
    return _STATUSES.get(now.state, 6)
