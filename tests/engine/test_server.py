"""What people and programs do to an engine's socket, and what a server says without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import json

from console.core import commands as c
from console.core.commands import AnyCommand
from console.core.errors import DatabaseError
from console.core.state import Status
from console.engine.incoming import AT_ONCE
from console.engine.runner import LONGEST_ERROR
from console.engine.server import Server
from console.storage import sockets
from tests.engine.stage import ADD, DRIVER, Stage

SOON = 20
"""Seconds after which what should have ended is taken for hanging."""

NOTE = json.encode(c.AddNote(text="still there"))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    opened = await Stage(tmp_path).open()
    yield opened
    await opened.crash()


@asynccontextmanager
async def serving(stage: Stage, folder: Path) -> AsyncIterator[Server]:
    """Serve a run on a socket; no error may reach the loop, which would tell of it in a traceback."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    server = Server(engine=stage.engine, journal=stage.journal, account_of=lambda _: DRIVER, owner=DRIVER)
    async with await sockets.listen(folder, server.serve, limit=AT_ONCE):
        yield server
    assert told == []


async def answer(folder: Path, line: bytes) -> bytes:
    """Send bytes, hang up on one's own side, and return the answers."""
    reader, writer = await sockets.connect(folder, limit=1 << 24)
    writer.write(line)
    writer.write_eof()
    said = await reader.read()
    writer.close()
    return b"\n".join(each for each in said.splitlines() if each.startswith(b'{"answer"'))


async def test_half_a_line_asks_for_nothing(stage: Stage, tmp_path: Path) -> None:
    async with serving(stage, tmp_path):
        assert await answer(tmp_path, NOTE) == b""
        assert stage.state.notes == ()
        assert b"Accepted" in await answer(tmp_path, NOTE + b"\n")


@pytest.mark.parametrize("line", [b"\0\xff garbage", b"[" * 200_000, b"{}", b'{"command":"StartStep","step":[]}'])
async def test_what_is_no_command_is_refused_and_the_next_one_heard(stage: Stage, tmp_path: Path, line: bytes) -> None:
    async with serving(stage, tmp_path):
        refused, accepted = (await answer(tmp_path, line + b"\n" + NOTE + b"\n")).splitlines()
    assert b"this is no command" in refused
    assert b"Accepted" in accepted


async def test_whoever_never_reads_and_never_hangs_up_keeps_no_engine_from_ending(stage: Stage, tmp_path: Path) -> None:
    note: AnyCommand = c.AddNote(text="x" * 100_000)
    for _ in range(20):
        await stage.ask(note)
    async with serving(stage, tmp_path) as server:
        stuck = [await sockets.connect(tmp_path, limit=1 << 10) for _ in range(5)]
        await stage.until(lambda: server.attached == len(stuck))
        stuck[0][1].write(b'{"command":')
        async with asyncio.timeout(SOON):
            await server.drain()
        await stage.until(lambda: server.attached == 0)
        for _, writer in stuck:
            writer.close()


async def test_of_an_error_without_end_the_beginning_is_kept(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("sent", DatabaseError("bad JSON: " + "x" * 1_000_000), sql=ADD)
    await stage.start("add")
    assert stage.step("add").status is Status.FAILED
    assert stage.step("add").error.startswith("bad JSON: xxx")
    assert len(stage.step("add").error) == LONGEST_ERROR


async def test_who_ends_the_run_has_the_answer_before_the_engine_hangs_up(stage: Stage, tmp_path: Path) -> None:
    async with serving(stage, tmp_path) as server:
        asked = asyncio.create_task(answer(tmp_path, json.encode(c.Abort(reason="enough")) + b"\n"))
        await asyncio.wait_for(stage.engine.over.wait(), SOON)
        await server.drain()
        assert b"Accepted" in await asked
