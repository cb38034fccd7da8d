"""A YAML document as nodes that know their place. Rule: only what a runbook needs: no tags, no aliases, nothing twice.

Plain scalars keep their text beside what YAML 1.2 takes them for: `NO` is a word, and `1.10` can still be read as 1.10.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

LARGEST = 1024 * 1024
"""Bytes."""
DEEPEST = 32
"""Mappings and lists inside each other."""

_NodeEvent = yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"(?=.*[.eE])[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


class Place(Struct, frozen=True):
    """A place in a file, both counted from 1."""

    line: int
    column: int


class Problem(Exception):
    """The one thing because of which a text is no document."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


class Scalar(Struct, frozen=True):
    """A word, a number or a text."""

    place: Place
    text: str
    plain: bool
    """Written without quotes, so that it may be a number, a truth or nothing."""

    @property
    def value(self) -> Any:
        """What YAML 1.2 takes it for."""
        return resolved(self.text) if self.plain else self.text


class Sequence(Struct, frozen=True):
    """A list."""

    place: Place
    items: list["Node"]


class Mapping(Struct, frozen=True):
    """Keys and values in their order."""

    place: Place
    entries: dict[str, tuple[Scalar, "Node"]]


Node = Scalar | Sequence | Mapping


def resolved(text: str) -> Any:
    """Return what the core schema of YAML 1.2 takes a plain scalar for; numbers of absurd length stay text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    number = float(text) if _FLOAT.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text


def document(source: bytes) -> Node:
    """Return the root node. Raises Problem with the place of the first thing that is no YAML we read."""
    text = _decoded(source)
    try:
        return _Builder().root(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise Problem(place, f"not YAML: {error.problem or error.context or error}") from error
    except yaml.YAMLError as error:
        raise Problem(Place(1, 1), f"not YAML: {error}") from error


def _events(text: str) -> Iterator[yaml.Event]:
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return events


def _decoded(source: bytes) -> str:
    if len(source) > LARGEST:
        raise Problem(Place(1, 1), f"larger than 1 MB ({len(source):,} bytes): no runbook is, split it")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        whole = source[: error.start].decode("utf-8", "replace")
        raise Problem(_at_end(whole), "not UTF-8: save the file in that encoding") from error
    found = _FORBIDDEN.search(text)
    if found:
        code = f"U+{ord(found[0]):04X}"
        raise Problem(_at_end(text[: found.start()]), f"holds the control character {code}: take it out")
    return text


def _at_end(text: str) -> Place:
    return Place(text.count("\n") + 1, len(text) - text.rfind("\n"))


class _Builder:
    """Builds nodes from events, without recursion: depth is refused before it costs anything."""

    def __init__(self) -> None:
        self._open: list[tuple[Sequence | Mapping, Scalar | None]] = []
        self._root: Node | None = None

    def root(self, events: Iterator[yaml.Event]) -> Node:
        documents = 0
        for event in events:
            mark = event.start_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise Problem(place, "a second document begins here: a file holds one")
                case yaml.AliasEvent():
                    raise Problem(place, f"*{event.anchor}: aliases are not read, write it out")
                case yaml.ScalarEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._begin(event, place)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._open.pop()
                case _:
                    continue
        if self._root is None:
            raise Problem(Place(1, 1), "the file is empty")
        return self._root

    def _begin(self, event: _NodeEvent, place: Place) -> None:
        if event.anchor is not None:
            raise Problem(place, f"&{event.anchor}: anchors are not read, write it out where it is used")
        if event.tag is not None:
            raise Problem(place, f"{event.tag}: tags are not read, take it out")
        if isinstance(event, yaml.ScalarEvent):
            self._put(Scalar(place, event.value, event.style is None or not event.style))
            return
        mapping = isinstance(event, yaml.MappingStartEvent)
        node: Mapping | Sequence = Mapping(place, {}) if mapping else Sequence(place, [])
        self._put(node)
        self._open.append((node, None))
        if len(self._open) > DEEPEST:
            raise Problem(place, f"nested deeper than {DEEPEST}: no runbook is")

    def _put(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent, key = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key is not None:
            parent.entries[key.text] = (key, node)
            self._open[-1] = (parent, None)
        else:
            self._open[-1] = (parent, self._key(parent, node))

    def _key(self, parent: Mapping, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            raise Problem(node.place, "a list or a mapping cannot be a key")
        if node.text in parent.entries:
            first = parent.entries[node.text][0].place.line
            raise Problem(node.place, f"{node.text}: is written twice, first on line {first}")
        return node
