"""A socket in hostile hands: lines of any kind, far too many connections, and what half-sent commands may take."""

import asyncio
import contextlib
import json as plain
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json

from console.core import commands as c
from console.core.commands import Answer, Refused
from console.engine.incoming import AT_ONCE
from console.engine.server import CONNECTIONS, CONNECTIONS_EACH, HALF_SENT_EACH, LONGEST_REASON, LONGEST_WORDS, Server
from console.storage import sockets
from tests.engine.stage import DRIVER, Stage

SOON = 30
"""Seconds after which what should have been answered is taken for hanging."""
NOTE = json.encode(c.AddNote(text="still there")) + b"\n"
STEPS = ("rows", "add", "deployed", "none_empty", "compact", "soak", "drop", "nowhere", "")
PHASES = ("before", "expand", "contract", "")

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    opened = await Stage(tmp_path).open()
    yield opened
    await opened.crash()


class Door:
    """A served run, and who the next one to connect is taken for."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder, self.who = stage, folder, DRIVER
        self.server = Server(engine=stage.engine, journal=stage.journal, account_of=lambda _: self.who, owner=DRIVER)
        self.refusals: list[Refused] = []
        self._open: list[asyncio.StreamWriter] = []

    async def come(self, who: str = DRIVER) -> Peer:
        """Connect in somebody's name; the connection stays."""
        before, self.who = self.server.attached, who
        reader, writer = await sockets.connect(self.folder, limit=1 << 25)
        self._open.append(writer)
        first = await asyncio.wait_for(reader.readline(), SOON)
        if b'"Refused"' not in first:
            await self.stage.until(lambda: self.server.attached > before)
        else:
            self.refusals.append(json.decode(first, type=Refused))
        return reader, writer

    async def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        await self.stage.until(lambda: self.server.attached == 0)


@asynccontextmanager
async def served(stage: Stage, folder: Path) -> AsyncIterator[Door]:
    """Open a door; no error may reach the loop."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    door = Door(stage, folder)
    async with await sockets.listen(folder, door.server.serve, limit=AT_ONCE):
        yield door
        await door.close()
    assert told == []


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Return the next answer, past the records; empty when the connection ended."""
    async with asyncio.timeout(SOON):
        with contextlib.suppress(ConnectionResetError):
            while line := await reader.readline():
                if line.startswith(b'{"answer"'):
                    return line
    return b""


async def test_an_account_has_so_many_connections_and_the_next_is_told_why(stage: Stage, tmp_path: Path) -> None:
    async with served(stage, tmp_path) as door:
        for _ in range(CONNECTIONS_EACH):
            await door.come("mallory")
        assert door.refusals == []
        reader, _ = await door.come("mallory")
        assert "mallory" in door.refusals[0].reason
        assert door.refusals[0].remedy.startswith("close some of them")
        assert await reader.read() == b""
        reader, writer = await door.come("somebody else")
        writer.write(NOTE)
        assert b"Accepted" in await answer(reader)


async def test_the_driver_finds_room_however_many_accounts_have_come(stage: Stage, tmp_path: Path) -> None:
    async with served(stage, tmp_path) as door:
        for number in range(CONNECTIONS):
            await door.come(f"crowd {number % 8}")
        assert door.refusals == []
        await door.come("one more")
        assert len(door.refusals) == 1
        reader, writer = await door.come(DRIVER)
        assert len(door.refusals) == 1
        writer.write(NOTE)
        assert b"Accepted" in await answer(reader)


async def test_who_took_the_seat_finds_room_too_and_who_hangs_up_makes_some(stage: Stage, tmp_path: Path) -> None:
    async with served(stage, tmp_path) as door:
        crowd = [await door.come(f"crowd {number % 8}") for number in range(CONNECTIONS)]
        await stage.do(c.TakeOver(), "night shift")
        await door.come("night shift")
        assert door.refusals == []
        for _, writer in crowd[:2]:
            writer.close()
        await stage.until(lambda: door.server.attached == CONNECTIONS - 1)
        await door.come("one more")
        assert door.refusals == []


async def test_a_command_may_be_as_long_as_a_runbook_and_no_longer(stage: Stage, tmp_path: Path) -> None:
    long = json.encode(c.Amend(source="x" * (c.LONGEST_COMMAND - 200), source_name="s", reason="r")) + b"\n"
    wordy = json.encode(c.AddNote(text="x" * LONGEST_WORDS)) + b"\n"
    async with served(stage, tmp_path) as door:
        reader, writer = await door.come()
        for line, told in ((long, b"answer"), (wordy, b"a remark is over"), (NOTE, b"Accepted")):
            writer.write(line)
            assert told in (said := await answer(reader)), said[:300]
        writer.write(b"x" * (c.LONGEST_COMMAND + AT_ONCE * 4))
        assert b"over 2097152 bytes long" in await answer(reader)
        assert await answer(reader) == b""


async def test_commands_that_are_half_sent_take_only_so_much_of_one_account(stage: Stage, tmp_path: Path) -> None:
    half = b'{"command":"AddNote","text":"' + b"x" * (c.LONGEST_COMMAND - AT_ONCE * 4)
    async with served(stage, tmp_path) as door:
        for _ in range(HALF_SENT_EACH // c.LONGEST_COMMAND):
            _, writer = await door.come("mallory")
            writer.write(half)
            await writer.drain()
        reader, writer = await door.come("mallory")
        writer.write(half)
        assert b"half sent" in await answer(reader)
        reader, writer = await door.come("bob")
        writer.write(json.encode(c.AddNote(text="x" * 200_000)) + b"\n")
        assert b"Accepted" in await answer(reader)


async def test_a_refusal_quotes_only_so_much(stage: Stage, tmp_path: Path) -> None:
    async with served(stage, tmp_path) as door:
        reader, writer = await door.come()
        for line in (
            b'{"command":"StartStep","step":"' + b"\\u0007" * 40_000 + b'"}',
            b'{"command":"' + b"A" * 200_000,
        ):
            writer.write(line + b"\n")
            assert len(json.decode(await answer(reader), type=Refused).reason) <= LONGEST_REASON


async def test_a_flood_of_one_account_keeps_nobody_else_waiting(stage: Stage, tmp_path: Path) -> None:
    async with served(stage, tmp_path) as door:
        for _ in range(CONNECTIONS_EACH):
            _, writer = await door.come("mallory")
            writer.write(NOTE * 2000)
        reader, writer = await door.come()
        before = len(stage.state.notes)
        for _ in range(20):
            writer.write(json.encode(c.AddNote(text="mine")) + b"\n")
            assert b"Accepted" in await answer(reader)
        meanwhile = [note.text for note in stage.state.notes[before:]].count("still there")
        assert meanwhile <= 3 * 20, "a turn each, though one asks for thirty-two at a time"


async def test_who_asks_and_never_reads_the_answers_keeps_nobody_else_waiting(stage: Stage, tmp_path: Path) -> None:
    for _ in range(10):
        await stage.ask(c.AddNote(text="x" * 100_000))
    async with served(stage, tmp_path) as door:
        for _ in range(5):
            _, writer = await door.come()
            writer.write(NOTE * 20_000)
        reader, writer = await door.come()
        writer.write(json.encode(c.AddNote(text="mine")) + b"\n")
        assert b"Accepted" in await answer(reader)


@contextmanager
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.clear()
    with caplog.at_level(logging.INFO):
        yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


TEXT = st.text(max_size=30) | st.sampled_from([*STEPS, *PHASES, "\x00", "\ud800", "'; DROP", "y" * 300])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


FIELDS = {"step": st.sampled_from(STEPS) | TEXT, "phase": st.sampled_from(PHASES) | TEXT, "happened": st.booleans()}
ASKED = [each for each in c.COMMAND_TYPES if each is not c.StopEngine]


@st.composite
def commands(draw: st.DrawFn) -> dict[str, object]:
    """Every command with fields of the right type, many of them with steps and phases that there are."""
    kind = draw(st.sampled_from(ASKED))
    return {"command": kind.__name__, **{name: draw(FIELDS.get(name, TEXT)) for name in kind.__struct_fields__}}


def encoded(value: object) -> bytes:
    """Return it as JSON, with what JSON has no word for replaced."""
    return plain.dumps(value, default=str).encode("utf-8", "replace")


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Bytes, JSON, commands, and commands with something done to them; never a newline inside."""
    line = draw(st.binary(max_size=60) | st.builds(encoded, JSON) | st.builds(encoded, commands()))
    match draw(st.sampled_from(["as it is", "as it is", "cut", "flipped", "field", "doubled"])):
        case "cut":
            line = line[: draw(st.integers(0, len(line)))]
        case "flipped" if line:
            place = draw(st.integers(0, len(line) - 1))
            line = line[:place] + bytes([line[place] ^ draw(st.integers(1, 255))]) + line[place + 1 :]
        case "field":
            line = line[:-1] + b"," + encoded({draw(TEXT): draw(JSON)})[1:]
        case "doubled":
            line = line + line
        case _:
            pass
    return line.replace(b"\n", b" ")


async def survive(folder: Path, sent: list[bytes]) -> None:
    """Send lines; each has exactly one answer, and the engine is as sound as before."""
    stage = await Stage(folder).open()
    try:
        async with served(stage, folder) as door:
            reader, writer = await door.come()
            for line in sent:
                writer.write(line + b"\n")
                said = await answer(reader)
                found = json.decode(said, type=Answer)
                assert not (isinstance(found, Refused) and "bug" in found.reason), (line, found)
            writer.write(NOTE)
            final = json.decode(await answer(reader), type=Answer)
            assert isinstance(final, c.Accepted) or stage.state.ending is not None, final
            writer.write_eof()
            assert await answer(reader) == b"", "more answers than lines"
    finally:
        await stage.crash()


def fuzz(folder: Path, *, examples: int) -> None:
    numbers = iter(range(1_000_000))

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(lines(), min_size=1, max_size=25))
    def each(sent: list[bytes]) -> None:
        place = folder / str(next(numbers))
        place.mkdir()
        asyncio.run(survive(place, sent))

    each()


def test_every_line_has_one_answer_and_no_line_is_our_bug(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_logged(caplog):
        fuzz(tmp_path, examples=12)


@pytest.mark.soak
def test_of_very_many_lines_none_is_our_bug(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_logged(caplog):
        fuzz(tmp_path, examples=400)
