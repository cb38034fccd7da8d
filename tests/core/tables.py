"""Tables of what the decider answers: a heading, and under it lines of `names: answer`."""

from collections.abc import Collection


def cells(text: str, names: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the answer of each heading and name; `any` stands for all names. A cell given twice is an error."""
    found: dict[tuple[str, str], str] = {}
    heading = ""
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            heading = line
            continue
        listed, _, answer = line.strip().partition(": ")
        for name in names if listed == "any" else listed.split(", "):
            assert (heading, name) not in found, line
            found[heading, name] = answer
    return found
