"""Told stories as journals on disk, a shell to ask about them, and an engine's socket that answers by the decider."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import json

from console.cli.ending import status_of
from console.core.commands import Accepted, AnyCommand, Refused
from console.storage import sockets
from console.storage.codec import GENESIS, encode, encode_line
from console.storage.journal import Journal
from tests.core.build import Story


def keep(story: Story, folder: Path) -> Path:
    """Write a story into the journal of a run's folder, and return the journal's path."""
    folder.mkdir(mode=0o700, parents=True)
    journal = Journal.create(folder / "journal.jsonl")
    for record in story.records:
        journal.append(record.event, at=record.at, by=record.by)
    journal.close()
    return folder / "journal.jsonl"


class Shell:
    """The command line inside of this process, with a state folder of its own."""

    def __init__(self, state: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.runs = state / "runbook" / "runs"
        self.status = -1
        self.out = self.err = ""
        self._captured = captured

    def __call__(self, *words: str) -> int:
        """Carry out a command line; keep what it says."""
        self._captured.readouterr()
        try:
            self.status = status_of(words)
        except SystemExit as ended:
            self.status = int(ended.code or 0)
        self.out, self.err = self._captured.readouterr()
        return self.status


@asynccontextmanager
async def answering(story: Story, folder: Path) -> AsyncIterator[None]:
    """Serve a story's records, and answer commands as its decider does, in the name of whoever asks."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = GENESIS
        for record in story.records:
            writer.write(encode_line(record, prev=head) + b"\n")
            head = encode(record, prev=head).hash
        while text := await reader.readline():
            decided = story.ask(json.decode(text, type=AnyCommand), sockets.peer_account(writer))
            answer = decided if isinstance(decided, Refused) else Accepted(seq=len(story.records))
            writer.write(json.encode(answer) + b"\n")
        writer.close()

    server = await sockets.listen(folder, serve, limit=1_000_000)
    async with server:
        yield


def me() -> str:
    return sockets.account_of(os.getuid())
