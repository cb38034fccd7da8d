"""What can be selected on the screen: a step, or a phase's point of no return.

Rule: ids hold no colon, so that keys are unique.
"""

from console.core.runbook import Phase
from console.core.state import RunState

_POINT = "point:"


def point_key(phase_id: str) -> str:
    """Return the key of a phase's point of no return."""
    return _POINT + phase_id


def point_of(selected: str) -> str | None:
    """Return the id of the phase whose point of no return is selected, or None."""
    return selected.removeprefix(_POINT) if selected.startswith(_POINT) else None


def step_of(selected: str) -> str | None:
    """Return the id of the selected step; None when it is a point of no return, or nothing."""
    return selected if selected and point_of(selected) is None else None


def phase_of(state: RunState, selected: str) -> Phase:
    """Return the phase that the selection is in."""
    point = point_of(selected)
    return state.runbook.phase(point) if point is not None else state.phase_of(selected)


def exists(state: RunState, selected: str) -> bool:
    """Tell whether there still is what is selected: an amendment may have dropped it."""
    point = point_of(selected)
    if point is None:
        return selected in state.steps
    return any(each.id == point and each.point_of_no_return is not None for each in state.runbook.phases)


def first_of(phase: Phase) -> str:
    """Return the key that is selected first in a phase."""
    return point_key(phase.id) if phase.point_of_no_return else phase.steps[0].id
