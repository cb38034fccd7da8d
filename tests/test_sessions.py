"""What a screen is told when its engine goes away in the middle of something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.core.commands import Pause, Refused
from console.core.errors import JournalError
from console.core.events import Record
from console.sessions import Live
from console.storage import sockets
from console.storage.codec import GENESIS, encode_line
from tests.core.build import opening, phase, runbook, step

FIRST = Record(seq=1, at=datetime(2026, 3, 14, tzinfo=UTC), by="op1", event=opening(runbook(phase("p", step("a")))))


@asynccontextmanager
async def engine(folder: Path, said: bytes, *, hears: bool = False) -> AsyncIterator[None]:
    """Answer on the socket with some bytes and die: at once, or in the middle of a command."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        if hears:
            await reader.read(1)
        writer.transport.abort()

    async with await sockets.listen(folder, serve, limit=1 << 20):
        yield


async def test_an_engine_that_dies_before_its_first_record_is_an_error_and_no_endless_wait(tmp_path: Path) -> None:
    async with engine(tmp_path, b""):
        with pytest.raises(JournalError, match="hung up"):
            await asyncio.wait_for(Live.attach(tmp_path, account="op1"), 30)


async def test_an_engine_that_dies_during_a_command_refuses_it(tmp_path: Path) -> None:
    async with engine(tmp_path, encode_line(FIRST, prev=GENESIS) + b"\n", hears=True):
        live = await Live.attach(tmp_path, account="op1")
        assert isinstance(await live.submit(Pause()), Refused)
        assert isinstance(await live.submit(Pause()), Refused)
        await live.close()


async def test_a_command_too_large_for_an_engine_that_is_dying_is_refused_too(tmp_path: Path) -> None:
    """It cannot be sent whole: the connection breaks while it is being written."""
    async with engine(tmp_path, encode_line(FIRST, prev=GENESIS) + b"\n", hears=True):
        live = await Live.attach(tmp_path, account="op1")
        assert isinstance(await live.submit(Pause(reason="x" * 8_000_000)), Refused)
        await live.close()
