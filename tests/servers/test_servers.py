"""The throwaway servers themselves: gone with the tests, however they end, and loud when they cannot start."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.servers.postgresql import BINARIES, files

pytestmark = pytest.mark.slow

STARTED = """
import sys
from tests.servers.postgresql import Postgresql
server = Postgresql.made("16")
server.start()
print(server.folder, server._process.pid, flush=True)
sys.stdin.read()
"""


def is_there(pid: int) -> bool:
    """Tell whether a process is."""
    return Path(f"/proc/{pid}").exists()


def left_behind(folder: Path) -> bool:
    """Remove a folder; tell whether it was there."""
    there = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return there


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None])
async def test_a_server_ends_with_the_tests_that_started_it(how: signal.Signals | None) -> None:
    pipe = asyncio.subprocess.PIPE
    tests = await asyncio.create_subprocess_exec(sys.executable, "-c", STARTED, stdin=pipe, stdout=pipe)
    assert tests.stdin
    assert tests.stdout
    folder, pid = (await tests.stdout.readline()).decode().split()
    assert is_there(int(pid))
    if how is None:
        tests.stdin.close()
    else:
        tests.send_signal(how)
    await tests.wait()
    while is_there(int(pid)):
        await asyncio.sleep(0)
    assert left_behind(Path(folder)) is (how is not None)


@pytest.mark.parametrize("version", BINARIES)
def test_a_server_that_cannot_start_fails_with_its_log(version: str) -> None:
    server = files(version).copy()
    with pytest.raises(AssertionError, match=r"does not start(?s:.*)nonsense"):
        server.start(nonsense="on")
    server.end()
