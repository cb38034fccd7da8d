"""Documents without the passwords that stand in them. Rule: what holds one is told of and masked before all else.

A file that is read ends up in the journal with its whole text, so that a password in it would stay there for ever.
"""

from msgspec.structs import replace

from console.statements.passwords import held
from console.storage.yaml_nodes import Mapping, Node, Place, Scalar, Sequence

MASK = "***"
_REMEDY = (
    "holds a password, which the journal would keep for ever: take it out;"
    " let a person type it, or a program read it from an environment variable or a password file"
)
_SHOWN = 30
"""Characters of a key that a message repeats."""


def without(root: Mapping, source: bytes) -> tuple[Mapping, dict[Place, str]]:
    """Return the document with every text masked that holds a password, and by place what is told of those."""
    told: dict[Place, str] = {}
    masked = _masked(root, "", told)
    lines = {place.line for place in told}
    for number, line in enumerate(source.decode("utf-8-sig").split("\n"), start=1):
        begin = line.find("#")
        if begin >= 0 and number not in lines and held(line[begin:]):
            told[Place(number, begin + 1)] = (
                "the comment holds a password: take it out, the journal keeps the whole file"
            )
    return (masked if isinstance(masked, Mapping) else root), told


def _masked(node: Node, key: str, told: dict[Place, str]) -> Node:
    match node:
        case Scalar() if held(node.text):
            told[node.place] = f"{key}: {_REMEDY}" if key else _REMEDY
            return replace(node, text=MASK, plain=False)
        case Scalar():
            return node
        case Sequence():
            return replace(node, items=[_masked(each, key, told) for each in node.items])
        case Mapping():
            entries: dict[str, tuple[Scalar, Node]] = {}
            for written, value in node.entries.values():
                name = _masked(written, "", told)
                text = name.text if isinstance(name, Scalar) else MASK
                entries[text] = (replace(written, text=text), _masked(value, text[:_SHOWN], told))
            return replace(node, entries=entries)
