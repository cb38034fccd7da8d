"""The step kinds, found by the folder. Rule: a module here without a leading underscore is a kind; there is no list."""

import importlib
import pkgutil
from functools import cache
from typing import cast

from console.core.errors import RunbookError
from console.core.ports import Kind
from console.core.runbook import Step


@cache
def kinds() -> dict[str, Kind]:
    """Return every kind by the key that makes a step's mapping one of that kind."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    found = [cast("Kind", importlib.import_module(f"{__name__}.{name}")) for name in names]
    return {kind.KEY: kind for kind in found}


def reads_only(key: str) -> bool:
    """Tell whether all that steps of a kind do is to read: its module says `READS_ONLY = True`."""
    return getattr(kinds()[key], "READS_ONLY", False) is True


def kind_of(step: Step) -> Kind:
    """Return the kind of a step. Raises RunbookError when this version does not have it."""
    kind = kinds().get(step.kind)
    if kind is None:
        raise RunbookError(
            f"step {step.id} is of the kind {step.kind!r}, which is not built in",
            remedy=f"kinds: {', '.join(kinds())}",
        )
    return kind
