"""Runs an engine with its socket until it is over. Rule: whatever ends it, socket, lease and connections are let go."""

import asyncio
import contextlib
import resource
import signal
from collections.abc import Callable

from console.cli.opening import Opened, open_other
from console.core.ports import Clock
from console.core.state import RunState
from console.engine.announcing import Announcer
from console.engine.engine import Engine
from console.engine.incoming import AT_ONCE
from console.engine.logbook import Logbook
from console.engine.server import Server
from console.storage import sockets
from console.storage.amended import amended

GRACE_SECONDS = 10.0
"""How long an engine with nothing to do waits for somebody to attach."""
OPEN_FILES = 4096
"""As many as an engine may open, connections among them, where the machine allows it."""


async def host(opened: Opened, *, clock: Clock, ready: Callable[[Engine], None], alone: bool) -> RunState:
    """Serve until the engine is over and return the last state.

    `ready` is called once commands are taken; `alone` lets it end when nobody is attached and nothing is under way.
    """
    _allow_open_files()
    logbook = Logbook(journal=opened.journal, clock=clock, secrets=opened.secrets)
    engine = Engine(
        logbook=logbook, target=opened.target, clock=clock, epoch=opened.epoch, reader=amended, opener=open_other
    )
    server = Server(engine=engine, journal=opened.journal, account_of=sockets.peer_account, owner=opened.account)
    listener = await sockets.listen(opened.folder, server.serve, limit=AT_ONCE)
    announcer = Announcer(logbook=logbook, clock=clock)
    background = [asyncio.create_task(server.publish())]
    if alone:
        background.append(asyncio.create_task(_end_when_left(engine, server, clock)))
    _heed_signals(engine)
    try:
        announcer.start()
        engine.start()
        ready(engine)
        await engine.finish()
        if alone and engine.state.ending is not None:
            await _until_seen(server, clock)
        await server.drain()
        await announcer.finish()
        return engine.state
    finally:
        announcer.close()
        for task in background:
            task.cancel()
        listener.close()
        sockets.remove(opened.folder)
        with contextlib.suppress(Exception):  # the target may be gone; everything that matters is in the journal
            await opened.target.close()
        opened.journal.close()
        opened.lease.release()


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _heed_signals(engine: Engine) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop, f"{number.name} was received")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


async def _end_when_left(engine: Engine, server: Server, clock: Clock) -> None:
    left_since: float | None = None
    while True:
        await clock.sleep(0.2)
        if server.attached or not engine.idle:
            left_since = None
        elif left_since is None:
            left_since = clock.monotonic()
        elif clock.monotonic() - left_since > GRACE_SECONDS:
            engine.stop("nothing to do and nobody attached")


async def _until_seen(server: Server, clock: Clock) -> None:
    """Wait for whoever started this engine to see how the run ended: it may have nothing else to do."""
    began = clock.monotonic()
    while not server.seen and clock.monotonic() - began < GRACE_SECONDS:
        await clock.sleep(0.05)
