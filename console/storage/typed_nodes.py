"""Nodes into frozen structs by their types. Rule: every problem is told, with its place and the nearest right word."""

import difflib
import re
from collections.abc import Callable, Collection, Hashable, Iterable
from functools import cache
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect as types

from console.storage.type_words import bare, description, either, expected, flattened
from console.storage.yaml_nodes import Mapping, Node, Place, Scalar, Sequence

T = TypeVar("T")
Reader = Callable[[Node, str], Any]
"""Reads a node of a type of its own; the text is what the node is called in messages."""

INVALID: Any = object()
"""What a node is read as when it has a problem that was told."""

_SHOWN = 60
"""Characters of a wrong value that a message repeats."""
_TOLD = 12
"""Known words that a message lists."""
_COMPARED = 20_000
"""Words that are compared for hints in one document: what has so many slips needs no more of them."""


class Nodes:
    """Reads nodes and keeps the problems."""

    def __init__(self) -> None:
        self.problems: list[tuple[Place, str]] = []
        self.special: dict[type, Reader] = {}
        """Types that have a reader of their own."""
        self._compared = 0

    def wrong(self, place: Place, message: str) -> Any:
        """Keep a problem; return INVALID."""
        self.problems.append((place, message))
        return INVALID

    def read(self, node: Node, wanted: type[T], name: str = "") -> T:
        """Return the node as that type; INVALID, or a value with INVALID in it, when problems were told."""
        return cast("T", self._any_of(node, (_info(cast("Hashable", wanted)),), name))

    def struct(self, node: Node, wanted: type[T], name: str) -> T:
        """Return a mapping as a struct of that class, whether or not the class has a special reader."""
        if not isinstance(node, Mapping):
            return cast("T", self.wrong(node.place, f"{_of(name)}a mapping of keys to values is expected here"))
        fields = {field.encode_name: field for field in _fields(cast("Hashable", wanted))}
        meant = self.unknown(node, fields)
        values: dict[str, Any] = dict.fromkeys(meant, INVALID)
        for key, field in fields.items():
            entry = node.entries.get(key)
            if entry is not None:
                values[field.name] = self._any_of(entry[1], (field.type,), key)
            elif field.required and key not in meant:
                values[field.name] = self.wrong(
                    node.place, f"{_of(name)}{key} is missing: write {expected([field.type])}"
                )
        return cast("T", INVALID if _any_invalid(values.values()) else wanted(**values))

    def unknown(self, node: Mapping, known: Iterable[str]) -> set[str]:
        """Tell the keys of a mapping that mean nothing; return what they were likely meant to be, else themselves."""
        known, meant = list(known), set()
        for key, (written, _) in node.entries.items():
            if key not in known:
                self.wrong(written.place, f"{shown(key)} is not known here{self.hint(key, known)}")
                meant.add(self._near(key, known) or key)
        return meant

    def hint(self, word: str, known: Collection[str], *, otherwise: bool = True) -> str:
        """Return `nearest`, as long as the document has not too many slips."""
        return nearest(word, known, otherwise=otherwise) if self._has_patience(known) else ""

    def _near(self, word: str, known: list[str]) -> str:
        return near(word, known) if self._has_patience(known) else ""

    def _has_patience(self, known: Collection[str]) -> bool:
        self._compared += len(known)
        return self._compared <= _COMPARED

    def _any_of(self, node: Node, wanted: tuple[types.Type, ...], name: str) -> Any:
        flat = tuple(flattened(wanted))
        if any(isinstance(each, types.AnyType) for each in flat):
            return plain(node)
        match node:
            case Scalar():
                return self._scalar(node, flat, name)
            case Sequence():
                return self._sequence(node, flat, name)
            case Mapping():
                return self._mapping(node, flat, name)

    def _mapping(self, node: Mapping, wanted: tuple[types.Type, ...], name: str) -> Any:
        for each in wanted:
            match bare(each):
                case types.StructType(cls=cls):
                    special = self.special.get(cls)
                    return special(node, name) if special else self.struct(node, cls, name)
                case types.DictType(key_type=key_type, value_type=value_type):
                    return self._dict(node, key_type, value_type)
                case _:
                    continue
        return self.wrong(node.place, f"{_of(name)}{expected(wanted)} is expected here, not a mapping")

    def _dict(self, node: Mapping, key_type: types.Type, value_type: types.Type) -> Any:
        found = {
            self._any_of(msgspec.structs.replace(key, plain=False), (key_type,), "key"): self._any_of(
                value, (value_type,), key.text
            )
            for key, value in node.entries.values()
        }
        return INVALID if _any_invalid((*found, *found.values())) else found

    def _sequence(self, node: Sequence, wanted: tuple[types.Type, ...], name: str) -> Any:
        for each in wanted:
            match bare(each):
                case types.VarTupleType(item_type=item) | types.ListType(item_type=item):
                    found = [self._any_of(each, (item,), name) for each in node.items]
                case types.TupleType(item_types=items) if len(items) == len(node.items):
                    pairs = zip(node.items, items, strict=True)
                    found = [self._any_of(each, (item,), name) for each, item in pairs]
                case types.TupleType(item_types=items):
                    return self.wrong(node.place, f"{_of(name)}a list of {len(items)} values is expected here")
                case _:
                    continue
            if _any_invalid(found):
                return INVALID
            return found if isinstance(bare(each), types.ListType) else tuple(found)
        return self.wrong(node.place, f"{_of(name)}{expected(wanted)} is expected here, not a list")

    def _scalar(self, node: Scalar, wanted: tuple[types.Type, ...], name: str) -> Any:
        value = node.value
        if value is None:
            if node.text and any(isinstance(each, types.NoneType) for each in wanted):
                return None
            out = ", or take it out" if any(isinstance(each, types.NoneType) for each in wanted) else ""
            return self.wrong(node.place, f"{_of(name)}is empty: write {expected(wanted)}{out}")
        for each in wanted:
            if _takes(bare(each), value):
                return self._within(node, value, each, name)
        for each in wanted:
            if isinstance(bare(each), types.StrType):
                return self._within(node, node.text, each, name)
        for each in wanted:
            if isinstance(each, types.LiteralType):
                return self._word(node, each.values, name)
        return self._not_fitting(node, wanted, name)

    def _not_fitting(self, node: Scalar, wanted: tuple[types.Type, ...], name: str) -> Any:
        remedy = ""
        if any(isinstance(bare(each), types.VarTupleType) for each in wanted):
            remedy = f": write [{shown(node.text)}]"
        for each in wanted:
            match bare(each):
                case types.StructType(fields=(first, *_)):
                    remedy = f": write {{{first.encode_name}: …}}"
                case types.DictType():
                    remedy = ": write {name: …}"
                case _:
                    continue
        return self.wrong(node.place, f"{_of(name)}{shown(node.text)!r} is not {expected(wanted)}{remedy}")

    def _word(self, node: Scalar, words: tuple[Any, ...], name: str) -> Any:
        if node.text in words:
            return node.text
        known = [str(each) for each in words if each != ""]
        hint = self.hint(node.text, known, otherwise=False)
        what = "can only be" if len(known) == 1 else "is not"
        return self.wrong(node.place, f"{_of(name)}{shown(node.text)!r} {what} {either(known)}{hint}")

    def _within(self, node: Scalar, value: Any, wanted: types.Type, name: str) -> Any:
        """Hold a scalar against the limits of its type."""
        limits = bare(wanted)
        label = f"{_of(name)}{shown(node.text)!r}"
        match limits:
            case types.StrType(pattern=str(pattern)) if not _fits(pattern, value):
                said = description(wanted)
                return self.wrong(node.place, f"{label} does not fit: {said or pattern}")
            case types.IntType(ge=int(low)) | types.FloatType(ge=float(low)) if value < low:
                return self.wrong(node.place, f"{label} is too small: {low:,} at least")
            case types.IntType(le=int(high)) | types.FloatType(le=float(high)) if value > high:
                return self.wrong(node.place, f"{label} is too large: {high:,} at most")
            case _:
                return value


def plain(node: Node) -> Any:
    """Return a node as YAML 1.2 takes it."""
    match node:
        case Scalar():
            return node.value
        case Sequence(items=items):
            return [plain(each) for each in items]
        case Mapping(entries=entries):
            return {key: plain(value) for key, (_, value) in entries.items()}


def shown(text: str) -> str:
    """Return a text as a message repeats it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def near(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to a wrong one, whatever the case; empty when none is near."""
    small = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word[:_SHOWN].casefold(), list(small), n=1)
    return small[found[0]] if found else ""


def nearest(word: str, known: Iterable[str], *, otherwise: bool = True) -> str:
    """Return ` — did you mean …?`; when nothing is near, and `otherwise`, what is known."""
    known = list(known)
    if found := near(word, known):
        return f" — did you mean {found}?"
    if not otherwise or not known:
        return ""
    return f" — known: {', '.join(known[:_TOLD])}{' …' if len(known) > _TOLD else ''}"


def _of(name: str) -> str:
    return f"{shown(name)}: " if name else ""


def _any_invalid(values: Iterable[Any]) -> bool:
    return any(value is INVALID for value in values)


@cache
def _info(wanted: Hashable) -> types.Type:
    return types.type_info(wanted)


@cache
def _fields(wanted: Hashable) -> tuple[types.Field, ...]:
    info = _info(wanted)
    if not isinstance(info, types.StructType):
        raise TypeError(f"{wanted} is no struct")
    hints = get_type_hints(wanted)
    return tuple(_in_order(field, hints[field.name]) for field in info.fields)


def _in_order(field: types.Field, hint: Any) -> types.Field:
    """Give the words of a field in the order of its source: msgspec sorts them."""
    if not isinstance(field.type, types.LiteralType):
        return field
    literal = next(each for each in (hint, *get_args(hint)) if get_origin(each) is Literal)
    return msgspec.structs.replace(field, type=types.LiteralType(values=get_args(literal)))


def _takes(wanted: types.Type, value: Any) -> bool:
    match value:
        case bool():
            return isinstance(wanted, types.BoolType)
        case int():
            return isinstance(wanted, types.IntType | types.FloatType)
        case float():
            return isinstance(wanted, types.FloatType)
        case _:
            return isinstance(wanted, types.StrType)


def _fits(pattern: str, text: str) -> bool:
    """Tell whether a text has the pattern, with `$` as in a schema: at the end, not before a last line end."""
    return bool(re.search(re.sub(r"\$$", r"\\Z", pattern), text))
