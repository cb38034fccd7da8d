"""The session that all screens share.

Rule: it can be exchanged when an engine is gone; the screens keep their place.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from console.core.errors import JournalError, RunbookConsoleError
from console.core.state import RunState
from console.sessions import Authority, Session
from console.views.keys import Desk

OpenSession = Callable[[], Awaitable[Session]]
"""Attaches to a run, and starts its engine if need be. Raises RunbookConsoleError."""


async def attached(open_session: OpenSession) -> Session:
    """Open a session and wait for its first record. Raises RunbookConsoleError when none comes."""
    try:
        session = await open_session()
    except OSError as error:
        raise JournalError(f"the engine cannot be reached: {error}", remedy="start again: `runbook run`") from error
    while session.state is None:
        await session.changed()
        if not (session.connected or session.records):
            raise JournalError("the engine hung up before it showed the run", remedy="start again: `runbook run`")
    return session


class Link:
    """A session with a state, and the way to another one."""

    def __init__(self, session: Session, *, reopen: OpenSession) -> None:
        self.session = session
        self.lost_at: datetime | None = None
        """Since when no engine answers."""
        self._reopen = reopen
        self._following = False

    @property
    def state(self) -> RunState:
        """The fold of the records shown."""
        state = self.session.state
        if state is None:
            raise LookupError("the session shows no run yet")
        return state

    @property
    def live(self) -> bool:
        """Whether an engine could answer: this is no replay."""
        return self.session.authority is not Authority.REPLAYING

    def desk(self) -> Desk:
        """Return who sits here, and with what authority."""
        return Desk(
            account=self.session.account,
            replaying=self.session.authority is Authority.REPLAYING,
            watching=self.session.authority is Authority.WATCHING,
            connected=self.session.connected,
        )

    def noticed(self) -> None:
        """Keep the moment at which the engine went; that of a run that has ended has nothing left to do."""
        if self.session.connected or not self.live or self.state.ending is not None:
            self.lost_at = None
        elif self.lost_at is None:
            self.lost_at = self.session.now()

    @property
    def orphaned(self) -> bool:
        """Whether a watcher shows what was, while an engine may be back: attaching starts none, so nobody is asked."""
        watching = self.session.authority is Authority.WATCHING and not self._following
        return watching and not self.session.connected and self.state.ending is None

    async def follow(self) -> None:
        """Attach an orphaned watcher again, if there is an engine to attach to."""
        self._following = True
        try:
            with suppress(RunbookConsoleError):
                await self.reopen()
        finally:
            self._following = False

    async def reopen(self) -> None:
        """Attach again, and start an engine if need be. Raises RunbookConsoleError; the session shown stays then."""
        session = await attached(self._reopen)
        before, self.session = self.session, session
        await before.close()
