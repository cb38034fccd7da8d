"""The engine's socket in the run's folder, as both ends see it.

Rule: who speaks is the kernel's word, not the speaker's; that holds for the engine as for whoever asks it.
"""

import asyncio
import os
import pwd
import socket
import stat
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from console.core.errors import JournalError
from console.core.events import ENGINE
from console.storage import lease, sharing

NAME = "engine.sock"
_LONGEST_PATH = 100
"""Bytes that a socket's path may have everywhere; the kernel's own limit is 108 on Linux and 104 elsewhere."""

TAKEN_AT_ONCE = 20
"""Connections that are taken before those that there are have a turn."""
WAITING = 2048
"""Connections that may wait to be taken; whoever comes then waits as well."""
QUEUE_SECONDS = 20.0
"""How long a client waits for that."""

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
    """Connect to the engine of a run. Raises JournalError when none answers, or somebody who is not its engine.

    `limit` is the longest line in bytes.
    """
    try:
        with _reachable(folder) as path:
            ours = await _connected(path)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=limit)
    except TimeoutError as error:
        raise JournalError(
            f"the engine of {folder.name} takes no connection: it hangs, or far too many ask for one",
            remedy=f"look at its process; {folder / lease.NAME} names it",
        ) from error
    except OSError as error:
        raise _no_answer(folder, error) from error
    try:
        _ensure_genuine(folder, _peer_uid(writer))
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _connected(path: str) -> socket.socket:
    """Connect, however many are waiting in front: asyncio takes a full queue for a connection."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    try:
        async with asyncio.timeout(QUEUE_SECONDS):
            while True:
                try:
                    ours.connect(path)
                except BlockingIOError:
                    await asyncio.sleep(0.02)
                else:
                    return ours
    except BaseException:
        ours.close()
        raise


def _no_answer(folder: Path, error: OSError) -> JournalError:
    if _is_no_socket(folder / NAME):
        return JournalError(
            f"{folder / NAME} is no socket, so no engine answers there",
            remedy="`runbook run` starts an engine, and puts its socket in that place",
        )
    if isinstance(error, PermissionError):
        return JournalError(
            f"the engine of {folder.name} is closed to you",
            remedy="ask whoever runs it to share the run: `runbook run --group`",
        )
    holder = lease.held_by(folder)
    if holder is not None:
        return JournalError(
            f"the engine of {folder.name} has no socket ({error.strerror}), and holds the run: {lease.told(holder)}",
            remedy="it is only beginning or ending, or its process hangs: look at it, and try again",
        )
    return JournalError(f"no engine answers for {folder.name} ({error.strerror})", remedy="start it with `runbook run`")


def _is_no_socket(path: Path) -> bool:
    try:
        return not stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _ensure_genuine(folder: Path, uid: int) -> None:
    """Refuse whoever listens there without being the owner of the journal, or root: others could plant a socket."""
    journal = folder / "journal.jsonl"
    owner = (journal if journal.exists() else folder).stat().st_uid
    if uid not in (owner, 0):
        raise JournalError(
            f"{folder / NAME} is not the engine's: {account_of(uid)} answers there, and the journal is"
            f" {account_of(owner)}'s",
            remedy=f"nothing was sent; ask {account_of(uid)} what that is, and remove it",
        )


async def listen(folder: Path, handler: Handler, *, limit: int) -> asyncio.Server:
    """Open the socket, for its owner and the group that the folder is shared with. Raises JournalError.

    The caller holds the lease: a socket that is there is a dead engine's.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        (folder / NAME).unlink(missing_ok=True)
        with _reachable(folder) as path:
            before = os.umask(0o177)
            try:
                listener.bind(path)
            finally:
                os.umask(before)
        sharing.follow(folder / NAME, mode=sharing.SOCKET)
    except OSError as error:
        listener.close()
        raise JournalError(
            f"cannot open the socket {folder / NAME}: {error.strerror}",
            remedy="look at what is in that folder, and at the file system it is on",
        ) from error
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    server = await asyncio.start_unix_server(handler, sock=listener, limit=limit, backlog=TAKEN_AT_ONCE)
    listener.listen(WAITING)  # asyncio would take as many at once as may wait
    return server


def remove(folder: Path) -> None:
    """Take the socket away; an engine that ends in good order does this."""
    (folder / NAME).unlink(missing_ok=True)


def peer_account(writer: asyncio.StreamWriter) -> str:
    """Return the login name of the process at the other end, by the kernel's record of its uid."""
    return account_of(_peer_uid(writer))


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", raw)[1]
    return uid


def account_of(uid: int) -> str:
    """Return the login name of a uid; `uid N` when it has none, or one that would pass for the engine itself."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = ENGINE
    return f"uid {uid}" if name == ENGINE else name
