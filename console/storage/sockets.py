"""The engine's socket in the run's folder, as both ends see it.

Rule: who speaks is the kernel's word, not the speaker's.
"""

import asyncio
import os
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from console.core.errors import JournalError
from console.core.events import ENGINE

NAME = "engine.sock"
_LONGEST_PATH = 100
"""Bytes that a socket's path may have everywhere; the kernel's own limit is 108 on Linux and 104 elsewhere."""

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """Give a path to the socket that is short enough, through the open folder when the real one is not."""
    path = folder / NAME
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


async def connect(folder: Path, *, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the engine of a run. Raises JournalError when none answers.

    `limit` is the longest line in bytes.
    """
    try:
        with _reachable(folder) as path:
            return await asyncio.open_unix_connection(path, limit=limit)
    except OSError as error:
        raise JournalError(
            f"no engine answers for {folder.name} ({error.strerror})", remedy="start it with `runbook run`"
        ) from error


async def listen(folder: Path, handler: Handler, *, limit: int) -> asyncio.Server:
    """Open the socket, for its owner only. The caller holds the lease: a socket that is there is a dead engine's."""
    (folder / NAME).unlink(missing_ok=True)
    with _reachable(folder) as path:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return await asyncio.start_unix_server(handler, sock=listener, limit=limit)


def remove(folder: Path) -> None:
    """Take the socket away; an engine that ends in good order does this."""
    (folder / NAME).unlink(missing_ok=True)


def peer_account(writer: asyncio.StreamWriter) -> str:
    """Return the login name of the process at the other end, by the kernel's record of its uid."""
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return account_of(struct.unpack("3i", raw)[1])


def account_of(uid: int) -> str:
    """Return the login name of a uid; `uid N` when it has none, or one that would pass for the engine itself."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = ENGINE
    return f"uid {uid}" if name == ENGINE else name
