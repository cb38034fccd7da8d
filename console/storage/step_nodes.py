"""A step from its node. Rule: the one key that is a kind's makes it of that kind, and the kind completes it."""

from typing import Any

import msgspec
from msgspec.structs import fields

from console.core.errors import RunbookError
from console.core.ports import Kind
from console.core.runbook import Step
from console.steps import kinds
from console.storage.typed_nodes import INVALID, Nodes, nearest, shown
from console.storage.yaml_nodes import Mapping, Node, Place, Scalar

_FOUND_OUT = frozenset({"kind", "data", "driven_by", "signatures", "asks_again"})
"""Fields of a step that its kind fills in; nobody writes them."""

GENERIC = tuple(field.name for field in fields(Step) if field.name not in _FOUND_OUT)
"""Keys that every step may have."""


class StepReader:
    """Reads steps; without an engine they are not completed, because no SQL can be read."""

    def __init__(self, nodes: Nodes, *, risk: str, engine: str | None) -> None:
        self._nodes, self._risk, self._engine = nodes, risk, engine

    def read(self, node: Node, name: str) -> Any:
        """Return the step, INVALID when problems were told."""
        if not isinstance(node, Mapping):
            return self._nodes.wrong(node.place, f"{name}: a step is a mapping with an id and one of {_keys()}")
        key = self._key(node)
        kind = kinds()[key] if key else None
        own = {field.encode_name for field in fields(kind.Data)} if kind else set()
        known = {*GENERIC, *(own or kinds())}
        self._nodes.unknown(node, [*GENERIC, *sorted(known - set(GENERIC))])
        step = self._generic(node, key)
        if kind is None:
            return INVALID
        data = self._nodes.struct(_part(node, own), kind.Data, key)
        if step is INVALID or data is INVALID:
            return INVALID
        return self._completed(node, step, data, kind)

    def _key(self, node: Mapping) -> str:
        found = [key for key in node.entries if key in kinds()]
        if len(found) == 1:
            return found[0]
        if found:
            place = node.entries[found[1]][0].place
            self._nodes.wrong(place, f"{found[0]} and {found[1]} in one step: a step does one thing, make it two")
        elif not any(nearest(key, kinds(), otherwise=False) for key in node.entries if key not in GENERIC):
            self._nodes.wrong(node.place, f"the step does nothing: it needs one of {_keys()}")
        return ""

    def _generic(self, node: Mapping, key: str) -> Any:
        """Return the step without what its kind knows."""
        part = _part(node, set(GENERIC))
        entries = dict(part.entries)
        for name, value in (("title", ""), ("kind", key)):
            given = Scalar(node.place, value, plain=False)
            entries.setdefault(name, (given, given))
        empty = Scalar(node.place, "data", plain=False)
        entries["data"] = (empty, Mapping(node.place, {}))
        return self._nodes.struct(Mapping(node.place, entries), Step, "step")

    def _completed(self, node: Mapping, step: Step, data: msgspec.Struct, kind: Kind) -> Any:
        step = msgspec.structs.replace(step, data=msgspec.to_builtins(data))
        if self._engine is None:
            return INVALID
        try:
            return kind.complete(step, data, risk=self._risk, engine=self._engine)
        except ValueError as error:
            return self._nodes.wrong(_place(node, str(error)), str(error))
        except RunbookError as error:
            return self._nodes.wrong(node.place, str(error))


def _keys() -> str:
    return ", ".join(kinds())


def _part(node: Mapping, keys: set[str]) -> Mapping:
    return Mapping(node.place, {key: entry for key, entry in node.entries.items() if key in keys})


def _place(node: Mapping, message: str) -> Place:
    """Return the place of the field that a message begins with: `field: …`, `field: inner: …` or `field.inner: …`."""
    place, here = node.place, node
    for word in message.replace(".", ": ").split(": "):
        entry = here.entries.get(shown(word))
        if entry is None:
            break
        place = entry[1].place
        if not isinstance(entry[1], Mapping):
            break
        here = entry[1]
    return place
