"""An answer against what is expected. Rule: of a body nothing is told but what was asked for."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, DecodeError, json

from console.core.durations import seconds
from console.steps._values import Scalar, discreet, same, told
from console.steps.http.asking import Answer
from console.steps.http.fields import Expect
from console.steps.http.json_path import ABSENT, at


def judged(answer: Answer, expect: Expect) -> tuple[str, bool]:
    """Return what was found, in words, and whether it is as expected."""
    rows = tuple(_rows(answer, expect))
    return ", ".join(words for words, _ in rows), all(passed for _, passed in rows)


def _rows(answer: Answer, expect: Expect) -> Iterator[tuple[str, bool]]:
    yield str(answer.status), answer.status == expect.status
    if expect.json is not UNSET:
        yield _at_path(answer.body, expect.json.path, expect.json.equals)
    if expect.body:
        found = re.search(expect.body, answer.body.decode(errors="replace")) is not None
        yield ("a body that matches" if found else "a body that does not match"), found
    if expect.faster_than is not UNSET:
        yield f"{answer.seconds * 1000:.0f} ms", answer.seconds < seconds(expect.faster_than)


def _at_path(body: bytes, path: str, equals: Scalar) -> tuple[str, bool]:
    try:
        value = at(path, json.decode(body))
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return "no JSON", False
    if value is ABSENT:
        return f"nothing at {path}", False
    return f"{path} = {_said(value, equals)}", not isinstance(value, dict | list) and _equal(equals, value)


def _equal(expected: Scalar, value: Any) -> bool:
    if isinstance(expected, bool) or isinstance(value, bool):
        return expected is value
    return same(expected, value)


def _said(value: Any, equals: Scalar) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case _:
            return told(value) if isinstance(equals, str) else discreet(value)
