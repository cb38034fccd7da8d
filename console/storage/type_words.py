"""What a type takes, in words for a person. Rule: short enough for the end of a message."""

from collections.abc import Iterable

import msgspec
from msgspec import inspect as types


def flattened(wanted: Iterable[types.Type]) -> Iterable[types.Type]:
    """Yield the members of unions, without what stands for a field that is left out."""
    for each in wanted:
        match each:
            case types.UnionType(types=members):
                yield from flattened(members)
            case types.Metadata(type=types.UnionType(types=members)):
                yield from flattened(members)
            case _ if getattr(each, "cls", None) is not msgspec.UnsetType:
                yield each
            case _:
                continue


def bare(wanted: types.Type) -> types.Type:
    """Return a type without its limits and its description."""
    return wanted.type if isinstance(wanted, types.Metadata) else wanted


def description(wanted: types.Type) -> str:
    """Return what is said of a type, to go on with after a colon."""
    extra = wanted.extra_json_schema if isinstance(wanted, types.Metadata) else None
    said = str((extra or {}).get("description", "")).rstrip(".")
    return said[:1].lower() + said[1:]


def expected(wanted: Iterable[types.Type]) -> str:
    """Say what is expected, in words."""
    words: list[str] = []
    for each in flattened(wanted):
        if isinstance(each, types.LiteralType):
            return either([str(word) for word in each.values if word != ""])
        word = description(each).partition(":")[0] or _NAMES.get(type(bare(each)))
        if word and word not in words:
            words.append(word)
    return either(words) if words else "something else"


def either(words: list[str]) -> str:
    """Join words as in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


_NAMES: dict[type[types.Type], str] = {
    types.StrType: "a text",
    types.IntType: "a whole number",
    types.FloatType: "a number",
    types.BoolType: "true or false",
    types.VarTupleType: "a list",
    types.TupleType: "a list",
    types.ListType: "a list",
    types.StructType: "a mapping",
    types.DictType: "a mapping",
}
