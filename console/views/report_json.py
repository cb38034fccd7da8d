"""The report as JSON. Rule: the report's own fields; no character in it can steer a terminal."""

import re

from msgspec import json

from console.views.report import Report

_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in a string unescaped, and a terminal acts on."""


def as_json(report: Report) -> bytes:
    """Return the report as indented JSON in UTF-8, with a newline at its end."""
    text = json.format(json.encode(report), indent=2).decode()
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
