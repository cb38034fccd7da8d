"""What a runbook's names refer to. Rule: a name is one step or phase, and only what comes earlier can be waited for."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from console.core.runbook import EVERYBODY, Runbook
from console.steps import kinds
from console.storage.typed_nodes import Nodes, shown
from console.storage.yaml_nodes import Mapping, Node, Place, Scalar, Sequence

_BASELINE = "baseline"
"""The key of the steps whose values can be compared with and typed."""


_WALKED = 20_000
"""Steps that are walked over in search of circles: each may lead through all of them."""


class _Named(Struct, frozen=True):
    id: str
    what: Literal["phase", "step"]
    place: Place
    phase: int
    index: int
    node: Mapping


def check_references(nodes: Nodes, root: Mapping) -> None:
    """Tell every name that is there twice, means nothing, or means something that comes later."""
    phases = list(_mappings(_at(root, "phases")))
    named: dict[str, _Named] = {}
    for each in _all(phases):
        if each.id in named:
            line = named[each.id].place.line
            nodes.wrong(
                each.place,
                f"id: {shown(each.id)} is a {named[each.id].what} already, on line {line}: name it otherwise",
            )
        named.setdefault(each.id, each)
    _not_empty(nodes, root, "phases")
    references = _References(nodes, named)
    for index, phase in enumerate(phases):
        _not_empty(nodes, phase, "steps")
        references.of_phase(phase, index)
    databases = _at(root, "databases")
    for each in named.values():
        if each.what == "step":
            references.of_step(each)
            _on(nodes, each.node, databases)


def check_meaning(nodes: Nodes, root: Mapping, runbook: Runbook) -> None:
    """Tell what is named soundly and still cannot work: gates that cannot be asked again, roles that nobody has."""
    for account, roles in runbook.people.items():
        if not roles or not all(role.strip() for role in roles):
            place = _place(_at(_at(root, "people"), account))
            nodes.wrong(place, f"{shown(account)}: has no role: write [operator], or take the account out")
    for node, phase in zip(_mappings(_at(root, "phases")), runbook.phases, strict=True):
        _gates(nodes, node, runbook)
        _gates(nodes, _at(node, "point_of_no_return"), runbook)
        for written, step in zip(_mappings(_at(node, "steps")), phase.steps, strict=True):
            for role, count in Counter(step.signatures).items():
                able = [account for account, roles in runbook.people.items() if role in roles]
                if EVERYBODY not in able and len(able) < count:
                    who = "nobody in people has" if not able else f"only {len(able)} in people has"
                    told = f"{step.id}: {who} the role {shown(role)}, and {count} must sign: correct people: or roles:"
                    nodes.wrong(written.place, told)


def _gates(nodes: Nodes, node: Node | None, runbook: Runbook) -> None:
    for name in _scalars(_at(node, "gates")):
        if not runbook.step(name.text).asks_again:
            nodes.wrong(name.place, f"gates: {name.text} cannot be asked again: name a check that no person judges")


class _References:
    """Follows the names in a runbook."""

    def __init__(self, nodes: Nodes, named: dict[str, _Named]) -> None:
        self._nodes, self._named = nodes, named
        self._walked = 0
        self._ids = {what: [each.id for each in named.values() if each.what == what] for what in ("phase", "step")}

    def of_phase(self, phase: Mapping, index: int) -> None:
        for soak in _mappings(_at(phase, "requires")):
            self._earlier_phase(_at(soak, "since"), index)
        for gate in self._once(_at(phase, "gates"), "gates"):
            self._step(gate, field="gates", before=(index, 0))
        point = _at(phase, "point_of_no_return")
        baseline = _at(_at(point, "confirm"), _BASELINE)
        self._step(baseline, field="confirm", before=(index, 0), baseline=True)
        for gate in self._once(_at(point, "gates"), "gates"):
            self._step(gate, field="gates", before=(index, 0))
        criteria = _at(phase, "criteria")
        if isinstance(criteria, Mapping):
            for name, (_, steps) in criteria.entries.items():
                self._criterion(name, steps, index)

    def of_step(self, step: _Named) -> None:
        here = (step.phase, step.index)
        for name in self._once(_at(step.node, "requires"), "requires"):
            if not self._in_a_circle(name, step):
                self._step(name, field="requires", before=here)
        self._step(_at(_at(step.node, "expect"), "unchanged"), field="unchanged", before=here, baseline=True)

    def _once(self, node: Node | None, field: str) -> Iterator[Scalar]:
        """Yield the names of a list; tell those that are there again."""
        seen: set[str] = set()
        for each in _scalars(node):
            if each.text in seen:
                self._nodes.wrong(each.place, f"{shown(field)}: {shown(each.text)} is named twice: take one out")
            else:
                yield each
            seen.add(each.text)

    def _in_a_circle(self, name: Scalar, step: _Named) -> bool:
        """Tell a name because of which steps wait for each other for ever."""
        found = self._named.get(name.text)
        if found is None or found.what != "step" or (found.phase, found.index) < (step.phase, step.index):
            return False
        if found.id == step.id:
            self._nodes.wrong(name.place, f"requires: {shown(step.id)} would wait for itself: take it out")
            return True
        came_from: dict[str, str] = {found.id: step.id}
        waiting = [found]
        while waiting and step.id not in came_from and self._walked < _WALKED:
            here = waiting.pop()
            self._walked += 1
            for other in _scalars(_at(here.node, "requires")):
                target = self._named.get(other.text)
                if target is not None and target.id not in came_from:
                    came_from[target.id] = here.id
                    waiting.append(target)
        if step.id not in came_from:
            return False
        self._nodes.wrong(
            name.place, f"requires: {_path(step.id, came_from)} is a circle, none could ever start: cut it"
        )
        return True

    def _criterion(self, name: str, steps: Node, phase: int) -> None:
        if isinstance(steps, Sequence) and not steps.items:
            self._nodes.wrong(
                steps.place, f"{shown(name)}: no step is named: a criterion holds when its steps are done"
            )
        for each in self._once(steps, name):
            found = self._found(each, field=name, what="step")
            if found and found.phase != phase:
                told = f"{shown(name)}: {each.text} is a step of another phase: a criterion is about its own"
                self._nodes.wrong(each.place, told)

    def _earlier_phase(self, node: Node | None, index: int) -> None:
        found = self._found(node, field="since", what="phase")
        if found and found.phase >= index:
            what = "is this phase itself" if found.phase == index else "comes later"
            self._nodes.wrong(_place(node), f"since: {found.id} {what}: name an earlier phase")

    def _step(self, node: Node | None, *, field: str, before: tuple[int, int], baseline: bool = False) -> None:
        found = self._found(node, field=field, what="step")
        if found is None:
            return
        if (found.phase, found.index) >= before:
            where = f"does not come earlier, it is on line {found.place.line}"
            self._nodes.wrong(_place(node), f"{field}: {found.id} {where}: move it up, or name another")
        elif baseline and _BASELINE not in found.node.entries and found.node.entries.keys() & kinds().keys():
            self._nodes.wrong(_place(node), f"{field}: {found.id} records no baseline: name a step with {_BASELINE}:")

    def _found(self, node: Node | None, *, field: str, what: str) -> _Named | None:
        if not isinstance(node, Scalar):
            return None
        found = self._named.get(node.text)
        if found is None:
            hint = self._nodes.hint(node.text, self._ids[what])
            self._nodes.wrong(node.place, f"{shown(field)}: there is no {what} {shown(node.text)}{hint}")
        elif found.what != what:
            self._nodes.wrong(node.place, f"{shown(field)}: {found.id} is a {found.what}: name a {what}")
            return None
        return found


def _on(nodes: Nodes, step: Mapping, databases: Node | None) -> None:
    """Tell a database where a step is to be read and that the runbook does not name."""
    name = _at(step, "on")
    if isinstance(name, Scalar) and isinstance(databases, Mapping) and name.text not in databases.entries:
        hint = nodes.hint(name.text, databases.entries)
        nodes.wrong(name.place, f"on: {shown(name.text)} is none of the runbook's databases{hint}")


def _path(start: str, came_from: dict[str, str]) -> str:
    """Say the way from a step back to itself."""
    path = [start]
    while (before := came_from[path[-1]]) != start:
        path.append(before)
    return " → ".join(map(shown, [start, *reversed(path)]))


def _all(phases: list[Mapping]) -> Iterator[_Named]:
    for number, phase in enumerate(phases):
        if isinstance(name := _at(phase, "id"), Scalar):
            yield _Named(name.text, "phase", name.place, number, 0, phase)
        for index, step in enumerate(_mappings(_at(phase, "steps"))):
            if isinstance(name := _at(step, "id"), Scalar):
                yield _Named(name.text, "step", name.place, number, index, step)


def _not_empty(nodes: Nodes, node: Mapping, key: str) -> None:
    found = _at(node, key)
    if isinstance(found, Sequence) and not found.items:
        nodes.wrong(found.place, f"{key}: is empty, nothing would be done: write at least one")


def _at(node: Node | None, key: str) -> Node | None:
    return node.entries[key][1] if isinstance(node, Mapping) and key in node.entries else None


def _mappings(node: Node | None) -> Iterator[Mapping]:
    if isinstance(node, Sequence):
        yield from (each for each in node.items if isinstance(each, Mapping))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Sequence):
        yield from (each for each in node.items if isinstance(each, Scalar))


def _place(node: Node | None) -> Place:
    return node.place if node is not None else Place(1, 1)
