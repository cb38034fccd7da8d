"""A file of answers, for runs without a screen. Rule: what it does not answer is not answered.

```yaml
note: said when the run is finished
steps:
  look: {value: what was seen, note: a remark, by: op1}
  changelog: {not_applicable: the reason}
  approval:
    sign_off: [{role: dba, by: dba1, note: why}]
point_of_no_return: {contract: the plan_digest, which a refusal tells}
```

`abort: the reason` ends the run that is open, so that the next one begins with a runbook that was corrected.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from console.core.runbook import Document, Identifier
from console.storage.runbook_file import invalid, parsed, read_source
from console.storage.typed_nodes import INVALID, Nodes
from console.storage.yaml_nodes import Mapping

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="A plan_digest: 64 hexadecimal digits.")]


class SignOffAnswer(Document, frozen=True):
    """One signature; `by` is empty for whoever runs the program."""

    role: str
    by: str = ""
    note: str = ""


class Answer(Document, frozen=True):
    """What is said to one step."""

    value: str = ""
    by: str = ""
    """An account; empty for whoever runs the program."""
    note: str = ""
    not_applicable: str = ""
    """The reason why the step does not apply."""
    sign_off: tuple[SignOffAnswer, ...] = ()


class Answers(Document, frozen=True):
    """What a person would say, by the id of the step; empty by default."""

    note: str = ""
    """Said when the run is finished."""
    abort: str = ""
    """The reason for which the run that is open ends instead of going on: what it began with was wrong."""
    steps: dict[Identifier, Answer] = field(default_factory=dict)
    point_of_no_return: dict[Identifier, Digest] = field(default_factory=dict)
    """By phase: the digest of the plan that may pass it."""


def load_answers(path: Path) -> Answers:
    """Read a file of answers. Raises RunbookError, InvalidDocument for what is in it."""
    root, held = parsed(read_source(path), name=str(path))
    nodes = Nodes()
    answers = nodes.struct(root, Answers, "")
    _check(nodes, root)
    if nodes.problems or held or answers is INVALID:
        raise invalid(str(path), nodes.problems, held)
    return answers


def _check(nodes: Nodes, root: Mapping) -> None:
    """Refuse answers that contradict themselves."""
    entry = root.entries.get("steps")
    if entry is None or not isinstance(entry[1], Mapping):
        return
    for step, (_, answer) in entry[1].entries.items():
        if not isinstance(answer, Mapping) or "not_applicable" not in answer.entries:
            continue
        for other in ("value", "sign_off"):
            if other in answer.entries:
                nodes.wrong(answer.entries[other][0].place, f"{step}: either {other} or not_applicable, not both")
