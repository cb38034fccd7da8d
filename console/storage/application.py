"""What versions of the application say to the database. Rule: one statement each, that can be tried and rolled back."""

from console.core.errors import RunbookError
from console.core.runbook import Runbook
from console.statements import split
from console.storage.typed_nodes import Nodes, shown
from console.storage.yaml_nodes import Mapping, Node, Scalar, Sequence


def check_statements(nodes: Nodes, root: Mapping, runbook: Runbook) -> None:
    """Tell statements that cannot be tried, and checks that name a version of which there are none."""
    for version, node in _entries(_at(root, "statements")):
        texts = node.items if isinstance(node, Sequence) else []
        if not texts:
            nodes.wrong(node.place, f"{shown(version)}: is empty: write a list of statements, or take the version out")
        for each in texts:
            if isinstance(each, Scalar) and (why := _unfit(each.text, runbook.engine)):
                nodes.wrong(each.place, f"{shown(version)}: {why}")
    for phase in _items(_at(root, "phases")):
        for step in _items(_at(phase, "steps")):
            named = _at(_at(step, "check"), "succeeds")
            if isinstance(named, Scalar) and named.text not in runbook.statements:
                hint = nodes.hint(named.text, list(runbook.statements)) if runbook.statements else ""
                told = f"succeeds: there are no statements of {shown(named.text)}"
                nodes.wrong(named.place, f"{told}{hint or ': write them under statements:, or here as a list'}")


def _unfit(text: str, engine: str) -> str:
    """Say why a statement cannot be tried; empty when it can."""
    try:
        found = split(text, engine=engine)
    except RunbookError as error:
        return str(error)
    if not found:
        return "holds no statement; write one"
    if len(found) > 1:
        return f"one statement is tried at a time, here are {len(found)}: give each a place of its own in the list"
    (statement,) = found
    if statement.transactional and statement.kind != "transaction":
        return ""
    return f"{statement.verb} cannot be rolled back, so it cannot be tried; leave it out"


def _at(node: Node | None, key: str) -> Node | None:
    return node.entries[key][1] if isinstance(node, Mapping) and key in node.entries else None


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    return [(key, value) for key, (_, value) in node.entries.items()] if isinstance(node, Mapping) else []


def _items(node: Node | None) -> list[Node]:
    return list(node.items) if isinstance(node, Sequence) else []
