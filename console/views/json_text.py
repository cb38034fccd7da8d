"""Data as JSON for people and programs. Rule: no character in it can steer the terminal that it is printed on."""

import re

from msgspec import json

_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in a string unescaped, and a terminal acts on."""


def as_json(value: object) -> bytes:
    """Return structs, mappings or lists as indented JSON in UTF-8, with a newline at its end."""
    text = json.format(json.encode(value), indent=2).decode()
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
