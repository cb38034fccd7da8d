"""What a screen is told when its engine goes away in the middle of something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import json

from console import sessions
from console.core.commands import Accepted, Pause, Refused, Unpause
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
        assert isinstance(await live.submit(Pause(reason="x" * 2_000_000)), Refused)
        await live.close()


@pytest.mark.parametrize(("text", "why"), [("x" * 2_097_152, "over 2097152 bytes"), ("\udcff", "no UTF-8")])
async def test_what_cannot_be_sent_is_refused_and_the_engine_is_still_there(
    tmp_path: Path, text: str, why: str
) -> None:
    async with engine(tmp_path, encode_line(FIRST, prev=GENESIS) + b"\n", hears=True):
        live = await Live.attach(tmp_path, account="op1")
        answer = await live.submit(Pause(reason=text))
        assert isinstance(answer, Refused)
        assert why in answer.reason
        before, refused = live.connected, isinstance(await live.submit(Pause()), Refused)
        assert (before, refused, live.connected) == (True, True, False)
        await live.close()


async def test_an_engine_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does whose process was stopped: the kernel still takes the connection."""
    monkeypatch.setattr(sessions, "PATIENCE", 0.05)
    async with engine(tmp_path, b"", hears=True):
        with pytest.raises(JournalError, match="says nothing"):
            await asyncio.wait_for(Live.attach(tmp_path, account="op1"), 30)


async def test_who_is_turned_away_is_told_why_and_what_to_do(tmp_path: Path) -> None:
    async with engine(tmp_path, json.encode(Refused(reason="too many are attached", remedy="close some")) + b"\n"):
        with pytest.raises(JournalError, match="too many are attached — close some"):
            await asyncio.wait_for(Live.attach(tmp_path, account="op1"), 30)


async def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    late, over = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_line(FIRST, prev=GENESIS) + b"\n")
        await reader.readline()
        await late.wait()
        writer.write(json.encode(Accepted(seq=2)) + b"\n")
        await reader.readline()
        writer.write(json.encode(Refused(reason="no")) + b"\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    async with await sockets.listen(tmp_path, serve, limit=1 << 20):
        live = await Live.attach(tmp_path, account="op1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.submit(Pause()), 0.1)
        late.set()
        assert await live.submit(Unpause()) == Refused(reason="no")
        await live.close()
        await over.wait()
