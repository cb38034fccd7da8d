"""`runbook watch`: the screen of a run under way, without the authority to drive."""

from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.cli.screen import require_terminal

NAME = "watch"
HELP = "Watch a run under way; sign, note and pause, but do not drive."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)


def execute(arguments: Namespace) -> int:
    """Attach a screen that only watches."""
    require_terminal(instead="`runbook status` says where the run stands")
    from console.cli.asking import account
    from console.sessions import Session, Watch
    from console.tui.app import run_console

    run = which_run.meant(arguments)

    async def attach() -> Session:
        return await Watch.attach(run.folder, account=account())

    return run_console(attach)
