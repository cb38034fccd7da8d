"""Announces what happens to webhooks and commands. Rule: in the background, at least once, and never in a run's way.

How far each place has come is in the run's folder; what was not announced when an engine ended, the next one announces.
"""

import asyncio
import logging
import os
import signal
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import DecodeError, json

from console.core.announcements import Announcement, announcement
from console.core.errors import JournalError, RunbookConsoleError
from console.core.events import ENGINE, Noted, Record
from console.core.evolve import evolve
from console.core.ports import Clock
from console.core.runbook import Announce
from console.core.secrets import resolve
from console.core.state import RunState
from console.engine.logbook import Logbook
from console.steps.http.asking import Request, answer
from console.steps.shell.surroundings import environ

RECENT = timedelta(hours=1)
"""What is older is news no more."""
MOST = 100
"""Announcements that wait for one place; then the oldest goes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds between two tries."""
PATIENCE = 20.0
"""Seconds that a place has to take one."""
LAST_WORDS_SECONDS = 5.0
"""How long an engine that ends waits for what is still to be announced."""

log = logging.getLogger(__name__)


class NotTaken(Exception):
    """A place did not take an announcement; the text says why, without secrets."""


@dataclass(slots=True, eq=False)
class _Place:
    """Where to announce, and what waits for it."""

    name: str
    where: Announce
    come_to: int
    """The last record that it was told of."""
    waiting: deque[Announcement] = field(default_factory=deque)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    complained: bool = False


class Announcer:
    """Follows a run's records and tells every place of its runbook."""

    def __init__(self, *, logbook: Logbook, clock: Clock) -> None:
        self._logbook, self._clock = logbook, clock
        self._file = Path(logbook.folder, "announced.json")
        self._come_to = _read(self._file)
        self._places: dict[str, _Place] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Take up what earlier engines left, and go on with what happens."""
        self._logbook.listeners.append(self._hear)
        if not self._logbook.state.runbook.announce:
            return
        state: RunState | None = None
        for record in self._logbook.records():
            before, state = state, evolve(state, record)
            self._hear(before, record, state)

    async def finish(self) -> None:
        """Wait a little for what is still to be announced."""
        waits = [place.empty.wait() for place in self._places.values() if place.waiting]
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*waits), LAST_WORDS_SECONDS)
        for place in self._places.values():
            if place.waiting:
                log.warning("%d announcements were not taken by %s", len(place.waiting), place.name)

    def close(self) -> None:
        """Stop at once."""
        for task in self._tasks:
            task.cancel()

    def _hear(self, before: RunState | None, record: Record, after: RunState) -> None:
        if not after.runbook.announce or (found := announcement(before, record, after)) is None:
            return
        if self._clock.now() - found.at > RECENT:
            return
        for number, where in enumerate(after.runbook.announce, start=1):
            place = self._place(where, number)
            if found.event in where.events and found.seq > place.come_to:
                if len(place.waiting) >= MOST:
                    place.waiting.popleft()
                place.waiting.append(found)
                place.empty.clear()
                place.more.set()

    def _place(self, where: Announce, number: int) -> _Place:
        key = sha256(json.encode((where.webhook, where.command))).hexdigest()[:16]
        if key not in self._places:
            place = _Place(name=_named(where, number), where=where, come_to=self._come_to.get(key, 0))
            self._places[key] = place
            self._tasks.append(asyncio.create_task(self._serve(key, place)))
        return self._places[key]

    async def _serve(self, key: str, place: _Place) -> None:
        pause = FIRST_PAUSE
        while True:
            await place.more.wait()
            while place.waiting:
                found = place.waiting[0]
                if self._clock.now() - found.at <= RECENT and not await self._told(place, found):
                    await self._clock.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    continue
                pause = FIRST_PAUSE
                if place.waiting and place.waiting[0] is found:
                    place.waiting.popleft()
                place.come_to = self._come_to[key] = found.seq
                _write(self._file, self._come_to)
            place.more.clear()
            place.empty.set()

    async def _told(self, place: _Place, found: Announcement) -> bool:
        """Tell a place; the first time that it does not take it, the journal is told."""
        try:
            await _deliver(place.where, found)
        except (NotTaken, RunbookConsoleError) as error:
            log.info("%s did not take %s: %s", place.name, found.key, error)
            if not place.complained:
                place.complained = True
                await self._complain(f"{place.name} takes no announcements: {error}; it is tried again for an hour")
            return False
        except Exception:
            log.exception("announcing to %s ended in an error of our own", place.name)
            return False
        return True

    async def _complain(self, text: str) -> None:
        if self._logbook.state.ending is not None:
            log.warning("%s", text)
            return
        with suppress(JournalError):  # whoever loses the journal ends by its own account
            await self._logbook.outcome(Noted(text=text), ENGINE)


async def _deliver(where: Announce, found: Announcement) -> None:
    if where.command:
        await _run(where.command, found)
        return
    request = Request(
        method="POST",
        url=resolve(where.webhook, os.environ),
        headers={"Content-Type": "application/json", "Idempotency-Key": found.key},
        body=json.encode(found),
        timeout=PATIENCE,
        written=f"{PATIENCE:.0f}s",
        redirects=False,
        reads_body=False,
    )
    taken = await answer(request, cancelling=lambda: False)
    if taken.status not in range(200, 300):
        raise NotTaken(f"it answers with {taken.status}")


async def _run(command: tuple[str, ...], found: Announcement) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            found.text,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=environ((), {}),
        )
    except (OSError, ValueError) as error:
        raise NotTaken(f"it cannot be started: {error}") from error
    try:
        await asyncio.wait_for(process.communicate(json.encode(found)), PATIENCE)
    except TimeoutError as error:
        raise NotTaken(f"it takes longer than {PATIENCE:.0f} s") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise NotTaken(f"it ends with status {process.returncode}")


def _named(where: Announce, number: int) -> str:
    """Return what a place is called in the journal: of an address no more than the host, for its path may be secret."""
    if where.command:
        return f"announce {number} ({where.command[0]})"
    return (
        f"announce {number} ({where.webhook if where.webhook.startswith('env:') else urlsplit(where.webhook).hostname})"
    )


def _read(file: Path) -> dict[str, int]:
    try:
        return json.decode(file.read_bytes(), type=dict[str, int])
    except (OSError, DecodeError):
        return {}


def _write(file: Path, come_to: Mapping[str, int]) -> None:
    fresh = file.with_suffix(".new")
    try:
        fresh.write_bytes(json.encode(come_to))
        fresh.replace(file)
    except OSError as error:
        log.warning("%s cannot be written, so the next engine may announce things again: %s", file, error.strerror)
