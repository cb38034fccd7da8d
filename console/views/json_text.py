"""Data as JSON for people and programs. Rule: no character in it can steer the terminal that it is printed on."""

import re
from typing import Any

from msgspec import json, to_builtins

_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in a string unescaped, and a terminal acts on."""


def as_json(value: object) -> bytes:
    """Return structs, mappings or lists as indented JSON in UTF-8, with a newline at its end."""
    try:
        encoded = json.encode(value)
    except UnicodeEncodeError:
        encoded = json.encode(_writable(to_builtins(value)))
    text = json.format(encoded, indent=2).decode()
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def _writable(value: Any) -> Any:
    """Return data with the bytes of a file's name that are no UTF-8, which JSON cannot hold, as their escapes."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_writable(key): _writable(each) for key, each in value.items()}
        case list() | tuple():
            return [_writable(each) for each in value]
        case _:
            return value
