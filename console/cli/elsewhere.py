"""A run that a living engine holds already. Rule: it is attached to, once its engine answers or is known to hang."""

from dataclasses import dataclass
from pathlib import Path

from console.core.errors import GateError
from console.core.ports import Clock
from console.storage import sharing
from console.storage.lease import held_by
from console.storage.runs import Run

BEGINNING_SECONDS = 10.0
"""How long an engine that holds a run may take until it answers; one that takes longer is left to who attaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The run is open in a living engine: attach to that."""

    folder: Path


async def answers(run: Run, clock: Clock) -> bool:
    """Wait for the engine that holds a run to open its socket; tell whether it still holds the run."""
    began = clock.monotonic()
    while held_by(run.folder) is not None:
        if run.socket.is_socket() or clock.monotonic() - began > BEGINNING_SECONDS:
            return True
        await clock.sleep(0.05)
    return False


def attach_to(run: Run, *, group: str | None) -> Elsewhere:
    """Return the run to attach to. Raises GateError when it is not shared with the group that was asked for."""
    if group and sharing.shared_with(run.folder) != sharing.group_id(group):
        raise GateError(
            f"an engine is at run {run.id} already, and does not share it with {group}",
            remedy="stop that engine and run again; without --group you attach to it",
        )
    return Elsewhere(folder=run.folder)
