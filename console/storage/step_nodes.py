"""A step from its node. Rule: the one key that is a kind's makes it of that kind, and the kind completes it."""

from functools import cache
from typing import Any

import msgspec
from msgspec.structs import fields

from console.core.errors import RunbookError
from console.core.ports import Kind
from console.core.runbook import MAIN, Step
from console.steps import kinds, reads_only
from console.storage.typed_nodes import INVALID, Nodes, shown
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
        found = [key for key in node.entries if key in kinds()]
        if len(found) != 1:
            return self._of_no_kind(node, found)
        kind = kinds()[found[0]]
        own = _own(found[0])
        meant = self._nodes.unknown(node, [*GENERIC, *own])
        step = INVALID if "id" in meant else self._generic(node, kind.KEY)
        data = self._nodes.struct(_part(node, own), kind.Data, kind.KEY)
        if step is INVALID or data is INVALID or meant:
            return INVALID
        return self._completed(node, step, data, kind)

    def _of_no_kind(self, node: Mapping, found: list[str]) -> Any:
        """Tell why a step is of no kind: it has two of their keys, a mistyped one or none."""
        meant = self._nodes.unknown(node, [*GENERIC, *kinds(), *(own for key in kinds() for own in _own(key))])
        if "id" not in meant:
            self._generic(node, "")
        if found:
            place, told = node.entries[found[1]][0].place, f"{found[0]} and {found[1]} in one step"
            return self._nodes.wrong(place, f"{told}: a step does one thing, make it two")
        if not meant & set(kinds()):
            self._nodes.wrong(node.place, f"the step does nothing: it needs one of {_keys()}")
        return INVALID

    def _generic(self, node: Mapping, key: str) -> Any:
        """Return the step without what its kind knows."""
        part = _part(node, GENERIC)
        entries = dict(part.entries)
        for name, value in (("title", ""), ("kind", key)):
            given = Scalar(node.place, value, plain=False)
            entries.setdefault(name, (given, given))
        empty = Scalar(node.place, "data", plain=False)
        entries["data"] = (empty, Mapping(node.place, {}))
        return self._nodes.struct(Mapping(node.place, entries), Step, "step")

    def _completed(self, node: Mapping, step: Step, data: msgspec.Struct, kind: Kind) -> Any:
        step = msgspec.structs.replace(step, data=msgspec.to_builtins(data))
        if step.on != MAIN and not reads_only(kind.KEY):
            told = f"on: a {kind.KEY} step does more than read, and what is written is written in {MAIN}"
            return self._nodes.wrong(_place(node, told), f"{told}: leave it out")
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


@cache
def _own(key: str) -> tuple[str, ...]:
    return tuple(field.encode_name for field in fields(kinds()[key].Data))


def _part(node: Mapping, keys: tuple[str, ...]) -> Mapping:
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
