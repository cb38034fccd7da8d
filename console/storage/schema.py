"""The JSON Schema of a runbook, for editors. Rule: made from the types that the loader reads.

What a name refers to, and what a kind makes of its fields, only the loader knows: what fits may still be refused by it.
"""

from typing import Any

import msgspec
from msgspec.structs import fields

from console.core.ports import Kind
from console.core.runbook import Runbook, Step
from console.steps import kinds, reads_only
from console.storage.field_notes import notes, structs
from console.storage.step_nodes import GENERIC

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{name}"


def schema() -> dict[str, Any]:
    """Return the schema as JSON values."""
    found = kinds()
    roots, types = msgspec.json.schema_components(
        [Runbook, *(kind.Data for kind in found.values())], ref_template=_REFERENCE
    )
    for each in structs(Runbook, *(kind.Data for kind in found.values())):
        named = types.get(each.__name__) or types[f"{each.__module__}.{each.__qualname__}"]
        for name, text in notes(each).items():
            named["properties"][name]["description"] = text
    step = types.pop(Step.__name__)
    names = {key: f"Step of the kind {key}" for key in found}
    for (key, kind), root in zip(found.items(), list(roots)[1:], strict=True):
        types[names[key]] = _step(step, types.pop(str(root["$ref"]).rpartition("/")[2]), kind)
    types[Step.__name__] = {
        "title": "Step",
        "description": "One item of the checklist: the one key that is a kind's makes it of that kind.",
        "oneOf": [{"$ref": _REFERENCE.format(name=name)} for name in names.values()],
    }
    phase = types["Phase"]
    phase["required"] = [key for key in phase["required"] if key != "title"]
    document: dict[str, Any] = _lenient(types.pop(Runbook.__name__) | {"$defs": types})
    return {"$schema": DRAFT, **document}


def _step(step: dict[str, Any], data: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Return the schema of the steps of one kind: what every step may have, and the kind's own fields."""
    generic = {key: step["properties"][key] for key in GENERIC if key != "on" or reads_only(kind.KEY)}
    own = {field.encode_name: data["properties"][field.encode_name] for field in fields(kind.Data)}
    return {
        "title": f"Step: {kind.KEY}",
        "description": data.get("description", ""),
        "type": "object",
        "properties": {**generic, **own},
        "required": ["id", *data["required"]],
        "additionalProperties": False,
    }


def _lenient(value: Any) -> Any:
    """Let a free text be written like a number or a truth: the loader keeps its text, `1.10` stays 1.10."""
    match value:
        case {"type": "string", **others} if "pattern" not in others and "enum" not in others:
            return {"type": ["string", "number", "boolean"], **others}
        case dict():
            return {key: _lenient(each) for key, each in value.items()}
        case list() | tuple():
            return [_lenient(each) for each in value]
        case _:
            return value
