"""Ends sessions of others when a person asks. Rule: the number and the moment must both fit, and it is not ours."""

from collections.abc import Collection

from console.core.errors import DatabaseError
from console.core.observations import How
from console.databases.postgresql.failures import code_of
from console.databases.postgresql.watcher import Watcher

_FORBIDDEN = "42501"
_PURPOSES: dict[How, str] = {"cancel": "cancel_session", "terminate": "terminate_session"}


async def ended(watcher: Watcher, pid: int, since: str, *, how: How, own: Collection[tuple[int, str]]) -> bool:
    """Ask the server for it; False when there is no such session any more. Raises DatabaseError when it may not be."""
    if pid == 0:
        raise DatabaseError(
            "A prepared transaction has no session that could be ended",
            remedy="ROLLBACK PREPARED or COMMIT PREPARED it",
        )
    if (pid, since) in own:
        raise DatabaseError(f"Process {pid} is this console's own", remedy="cancel the step instead")
    if not since:
        raise DatabaseError(
            f"This role may not see since when process {pid} is connected, so that another one might be meant",
            remedy="GRANT pg_read_all_stats to it, and pg_signal_backend, or ask an administrator to end it",
        )
    try:
        rows = (await watcher.ask(_PURPOSES[how], pid=pid, since=since)).rows
    except DatabaseError as error:
        if code_of(error) != _FORBIDDEN:
            raise
        raise DatabaseError(
            f"The server does not let this role end process {pid}: {error.message}",
            remedy="GRANT pg_signal_backend to it; the session of a superuser only a superuser ends",
        ) from error
    return bool(rows and rows[0][0])
