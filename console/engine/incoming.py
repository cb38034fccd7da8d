"""Lines that somebody sends, however they send them. Rule: what is not a whole line yet takes room of its account."""

import asyncio

from console.core.commands import LONGEST_COMMAND, Refused
from console.engine.room import Room

AT_ONCE = 64 * 1024
"""Bytes that the connection's own buffer is to hold; the longer lines are gathered here."""


class Overdone(Exception):
    """More was sent than there is room for; nothing of it was carried out."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class Incoming:
    """The lines of one connection."""

    def __init__(self, reader: asyncio.StreamReader, *, account: str, room: Room) -> None:
        self._reader, self._account, self._room = reader, account, room
        self._held = 0

    async def line(self, *, favoured: bool) -> bytes | None:
        """Return the next line; None when there is none any more: half a line asks for nothing. Raises Overdone."""
        gathered = bytearray()
        while True:
            try:
                gathered += await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as more:
                self._hold(more.consumed, favoured=favoured)
                gathered += await self._reader.readexactly(more.consumed)
            except asyncio.IncompleteReadError:
                return None
            else:
                return bytes(gathered)

    def release(self) -> None:
        """Give back the room that the last line took."""
        if self._held:
            self._room.give_back(self._account, self._held)
            self._held = 0

    def _hold(self, amount: int, *, favoured: bool) -> None:
        if self._held + amount > LONGEST_COMMAND:
            raise Overdone(
                Refused(reason=f"a command is over {LONGEST_COMMAND} bytes long", remedy="say it in fewer words")
            )
        if not self._room.take(self._account, amount, favoured=favoured):
            raise Overdone(
                Refused(
                    reason=f"too much that is half sent waits for its end already, of {self._account} or of all",
                    remedy="end the other programs that are sending, and try again",
                )
            )
        self._held += amount
