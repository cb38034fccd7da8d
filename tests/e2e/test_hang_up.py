"""A terminal that goes away without a word to the process in it: under `su -c` and `sudo` nobody sends SIGHUP."""

import contextlib
import os
import pty
import subprocess
from pathlib import Path

import pytest

from console.core import events as e
from tests.e2e.balances import open_accounts
from tests.e2e.site import Site
from tests.e2e.terminal import program, until

pytestmark = pytest.mark.e2e

DESK = Path(__file__).parent / "runbooks" / "desk.yaml"


def on_a_terminal_of_nobodys(here: Site, terminal: int) -> subprocess.Popen[bytes]:
    """Start the screen in a session whose own terminal this is not, so that it is told of no hang-up."""
    return subprocess.Popen(
        program("run", str(DESK)),
        cwd=here.folder,
        env={**os.environ, **here.environment, "TERM": "xterm-256color"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )


async def test_a_screen_whose_terminal_is_gone_ends_and_leaves_the_engine(here: Site) -> None:
    open_accounts(here.database, rows=100)
    master, slave = pty.openpty()
    screen = on_a_terminal_of_nobodys(here, slave)
    os.close(slave)
    os.set_blocking(master, False)

    def attached() -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(master, 1 << 16)
        return any(isinstance(event, e.EngineStarted) for event in here.events())

    try:
        await until(attached, what=lambda: "the screen began a run")
        os.close(master)
        await until(lambda: screen.poll() is not None, what=lambda: "the screen has ended")
        assert here.engine() is not None
    finally:
        screen.kill()
        screen.wait()
