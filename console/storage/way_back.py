"""What brings back what steps change. Rule: an undo, or a restore behind a point of no return; prose is not blank.

Only a whole runbook shows this: a backfill of a column that an earlier step adds goes with that column.
"""

from collections.abc import Iterator

from console.core.durations import seconds
from console.core.runbook import Phase, Runbook, Step
from console.statements import probes, split
from console.storage.typed_nodes import Nodes
from console.storage.yaml_nodes import Mapping, Node, Scalar, Sequence

_FILLS = "backfill"
"""The key of the steps that change rows and cannot say what was there before."""
_SAID = ("title", "who", "consequence", "restore", "observe", "ask")
"""Texts that say something when they are there."""


def check_way_back(nodes: Nodes, root: Mapping, runbook: Runbook) -> None:
    """Tell steps that nothing brings back, restores that come too early, waits of no time and blank texts."""
    written = dict(_written(root))
    passed, added = False, set[tuple[str, str]]()
    for phase in runbook.phases:
        passed = passed or phase.point_of_no_return is not None
        for step in phase.steps:
            node = written[step.id]
            if step.restore and not step.undo and not passed:
                told = "no point of no return comes before it: write undo:, or put point_of_no_return: on its phase"
                nodes.wrong(node.entries["restore"][1].place, f"restore: the step cannot be undone, and {told}")
            elif step.kind == _FILLS and not step.undo and not step.restore and not _goes_with(step, added):
                told = "or add the column in an earlier step, whose undo drops it"
                nodes.wrong(node.place, f"undo: is missing: write the SQL that takes the values back, {told}")
            added.update(_added(step, runbook.engine))
        _soaks(nodes, phase, written[phase.id])
    if runbook.window is not None and not seconds(runbook.window):
        nodes.wrong(root.entries["window"][1].place, "window: no time at all: write how long, or take it out")
    _blank(nodes, root)


def _goes_with(step: Step, added: set[tuple[str, str]]) -> bool:
    """Tell whether an undo of earlier steps drops every column that this one fills."""
    fills = step.data[_FILLS]
    table = _plain(fills["table"])
    if (table, "") in added:
        return True
    columns = fills.get("set", {})
    return bool(columns) and all((table, _plain(each)) in added for each in columns)


def _added(step: Step, engine: str) -> Iterator[tuple[str, str]]:
    sql = step.data.get("sql")
    if not step.undo or not isinstance(sql, str):
        return
    for statement in split(sql, engine=engine):
        for probe in probes(statement, engine=engine):
            if probe.expected == "present":
                named = probe.parameters
                table = named.get("table") or (named["name"] if named.get("kind") == "table" else "")
                yield _plain(table), _plain(named.get("column", ""))


def _plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"`[]').casefold()


def _soaks(nodes: Nodes, phase: Phase, node: Mapping) -> None:
    for soak, written in zip(phase.requires, _mappings(node, "requires"), strict=True):
        if not seconds(soak.soak):
            place = written.entries["soak"][1].place
            nodes.wrong(place, f"soak: {soak.soak} is no time: write how long, or take the condition out")


def _blank(nodes: Nodes, root: Mapping) -> None:
    told: list[Node] = [root]
    for phase in _mappings(root, "phases"):
        point = phase.entries.get("point_of_no_return")
        told += [phase, *_mappings(phase, "steps"), *([point[1]] if point else [])]
    for each in told:
        for name in _SAID:
            text = _text(each, name)
            if text is not None and not text.text.strip():
                nodes.wrong(text.place, f"{name}: says nothing: write it, or take it out")


def _written(root: Mapping) -> Iterator[tuple[str, Mapping]]:
    for phase in _mappings(root, "phases"):
        for each in (phase, *_mappings(phase, "steps")):
            if name := _text(each, "id"):
                yield name.text, each


def _mappings(node: Mapping, key: str) -> Iterator[Mapping]:
    entry = node.entries.get(key)
    if entry and isinstance(entry[1], Sequence):
        yield from (each for each in entry[1].items if isinstance(each, Mapping))


def _text(node: Node, key: str) -> Scalar | None:
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    return entry[1] if entry and isinstance(entry[1], Scalar) else None
