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
MOST = 25_000
"""Keys, values, lists and mappings: some 2,500 steps."""

_SHOWN = 60
"""Characters of a key that a message repeats."""
_NodeEvent = yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent
_FORBIDDEN = re.compile(
    "\r(?!\n)|[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What is no text; among it what one program takes for the end of a line and the next one does not."""
_DIRECTIVE = re.compile(r"^%(?:TAG|YAML)\b", re.MULTILINE)
_MARKS = {b"\xff\xfe": "it is UTF-16 or UTF-32", b"\xfe\xff": "it is UTF-16"}
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
    text = decoded(source)
    try:
        return _Builder().root(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise Problem(_inside(place, text), f"not YAML: {_said(error)}") from error
    except yaml.YAMLError as error:
        raise Problem(Place(1, 1), f"not YAML: {error}") from error


def _events(text: str) -> Iterator[yaml.Event]:
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return events


def decoded(source: bytes) -> str:
    """Return the text of a file. Raises Problem for what is no text, and for what takes long to refuse later."""
    if len(source) > LARGEST:
        raise Problem(Place(1, 1), "larger than 1 MB: no runbook is, make several of it")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        whole = source[: error.start].decode("utf-8-sig", "replace")
        what = _MARKS.get(source[:2]) or f"byte 0x{source[error.start]:02X}"
        raise Problem(_at_end(whole), f"not UTF-8 ({what}): save the file in that encoding") from error
    if found := _FORBIDDEN.search(text):
        raise Problem(_at_end(text[: found.start()]), f"holds the {_named(found[0])}: take it out")
    if found := _DIRECTIVE.search(text):
        raise Problem(_at_end(text[: found.start()]), f"{found[0]}: directives are not read, take the line out")
    return text


def _named(character: str) -> str:
    """Say which character it is that no text should have."""
    if character == "\r":
        return "line end of an old Mac (CR without LF)"
    what = "line separator" if character in "\x85\u2028\u2029" else "control character"
    return f"{what} U+{ord(character):04X}"


def _said(error: yaml.MarkedYAMLError) -> str:
    """Return what the parser says, and the way out where it is one of the usual slips."""
    said = str(error.problem or error.context or error)
    return f"{said}{_REMEDIES.get(said, '')}"


def _inside(place: Place, text: str) -> Place:
    """Return a place, or the end of the text for one behind it: there an editor can go."""
    end = _at_end(text.rstrip("\r\n"))
    return place if (place.line, place.column) <= (end.line, end.column) else end


def _at_end(text: str) -> Place:
    return Place(text.count("\n") + 1, len(text) - text.rfind("\n"))


_REMEDIES = {
    "mapping values are not allowed in this context": (
        ": a text with `: ` in it needs quotes, a key is indented like its neighbours"
    ),
    "found character that cannot start any token": ": indent with spaces; what begins so needs quotes",
    "did not find expected key": ": is the line indented like those around it?",
    "did not find expected '-' indicator": ": is the line indented like those around it?",
    "did not find expected ',' or ']'": ": close the list with ]",
    "did not find expected ',' or '}'": ": close the mapping with }, or put a text with a comma in it in quotes",
    "could not find expected ':'": ": a key needs `: ` after it, and a text of several lines `|` before them",
    "found a tab character that violates indentation": ": indent with spaces",
    "found unknown escape character": ": write \\\\ for one backslash, or quote with ' instead",
    "found unexpected end of stream": ": close the quote",
}
"""What the parser says of slips that people make, with the way out."""


class _Builder:
    """Builds nodes from events, without recursion: depth is refused before it costs anything."""

    def __init__(self) -> None:
        self._open: list[tuple[Sequence | Mapping, Scalar | None]] = []
        self._root: Node | None = None
        self._count = 0

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
                    name = str(event.anchor)[:_SHOWN]
                    remedy = "write it out; a text that begins with * needs quotes"
                    raise Problem(place, f"*{name}: aliases are not read, {remedy}")
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
        self._count += 1
        if self._count > MOST:
            raise Problem(place, f"more than {MOST:,} keys and values: no runbook has, make several of it")
        if event.anchor is not None:
            raise Problem(place, f"&{event.anchor[:_SHOWN]}: anchors are not read, write it out where it is used")
        if event.tag is not None:
            raise Problem(
                place,
                f"{event.tag[:_SHOWN]}: tags are not read, take it out; a text that begins with ! needs quotes",
            )
        if isinstance(event, yaml.ScalarEvent):
            self._put(Scalar(place, event.value, event.style is None or not event.style))
            return
        mapping = isinstance(event, yaml.MappingStartEvent)
        node: Mapping | Sequence = Mapping(place, {}) if mapping else Sequence(place, [])
        self._put(node)
        self._open.append((node, None))
        if len(self._open) > DEEPEST:
            raise Problem(place, f"nested deeper than {DEEPEST}: no runbook is, close what was opened")

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
            raise Problem(
                node.place, "a list or a mapping cannot be a key: a value with { or [ in it needs quotes around it"
            )
        if not node.text.strip():
            raise Problem(node.place, "a key is empty: write it before the colon")
        if node.text == "<<" and node.plain:
            raise Problem(node.place, "<<: merge keys are not read, write out what it stands for")
        if node.text in parent.entries:
            first = parent.entries[node.text][0].place.line
            raise Problem(node.place, f"{node.text[:_SHOWN]}: is written twice, first on line {first}: take one out")
        return node
