"""What an http step is written like. Rule: no secret stands in it, and none is sent where an answer says."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, Meta, Struct, UnsetType

from console.core.durations import seconds
from console.core.runbook import Document, Duration, Step
from console.core.secrets import holds_password
from console.steps._values import Scalar, told
from console.steps._way_back import none_needed
from console.steps.http.json_path import parts

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
READING = ("GET", "HEAD")
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|api-?key|password", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


class AtPath(Document, frozen=True):
    """A value in a JSON document."""

    path: str
    """$.name, $.list[0], $["a name"]"""
    equals: Scalar


class Expect(Document, frozen=True):
    """What the answer is like when all is well."""

    status: Annotated[int, Meta(ge=100, le=599)] = 200
    json: AtPath | UnsetType = UNSET
    body: str = ""
    """A regular expression that is found in the answer."""
    faster_than: Duration | UnsetType = UNSET


class Retry(Document, frozen=True):
    """How often it is tried again, and after which pause."""

    times: Annotated[int, Meta(ge=1, le=1000)]
    pause: Duration = "5s"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, and what is expected of the answer."""

    http: str
    """A URL, or env:NAME."""
    method: Method = "GET"
    headers: dict[str, str] = {}
    """A value is a text, or env:NAME."""
    send: str = ""
    """The body of the request; JSON, unless a header says otherwise."""
    expect: Expect = Expect()
    timeout: Duration = "10s"
    """For the whole answer."""
    retry: Retry | UnsetType = UNSET
    redirects: Literal["refused", "followed"] = "refused"
    changes: Literal["something", "nothing"] = "something"
    """`nothing`: other methods than GET and HEAD have nothing to take back either."""
    idempotent: bool = False
    """Sent twice it does no harm."""


def reads(data: Data) -> bool:
    """Tell whether the request asks and does not act."""
    return data.method in READING


def ensure_sound(step: Step, data: Data) -> None:
    """Raise ValueError with `field: message`."""
    _address(data.http, field="http")
    for name, value in data.headers.items():
        _header(name, value)
    _expected(data.expect)
    for field, written in (("timeout", data.timeout), ("retry", data.retry and data.retry.pause)):
        if written and not seconds(written):
            raise ValueError(f"{field}: no time at all; write 1s or longer")
    if data.redirects == "followed" and any(value.startswith("env:") for value in data.headers.values()):
        raise ValueError("redirects: secrets would be sent wherever an answer says; write the last address")
    if reads(data):
        _ensure_reading(step, data)
    elif data.changes == "nothing":
        none_needed(step, "it changes nothing")
    elif step.undo:
        undoing(step.undo)
    elif not step.restore:
        raise ValueError("undo: is missing; write METHOD URL that takes it back, or restore:, or changes: nothing")


def _ensure_reading(step: Step, data: Data) -> None:
    none_needed(step, f"a {data.method} changes nothing")
    if data.send:
        raise ValueError(f"send: a {data.method} has no body; write method: POST, or leave it out")
    if data.method == "HEAD" and (data.expect.json is not UNSET or data.expect.body):
        raise ValueError("expect: the answer to a HEAD has no body; write method: GET")
    if data.idempotent or data.changes == "nothing":
        raise ValueError(f"{'idempotent' if data.idempotent else 'changes'}: a {data.method} only reads; leave it out")


def _address(url: str, *, field: str) -> None:
    if _VARIABLE.fullmatch(url):
        return
    try:
        found = urlsplit(url)
        host, port = found.hostname, found.port
    except ValueError as error:
        raise ValueError(f"{field}: is no URL: {error}") from error
    if found.username or found.password or holds_password(url):
        raise ValueError(f"{field}: holds a secret: put the URL into an environment variable and write env:NAME")
    if found.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\s\x00-\x1f]", url):
        raise ValueError(f"{field}: is no URL such as https://app.example.org/health; or write env:NAME")


def _header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        raise ValueError(f"headers: {name[:60]!r} is not the name of a header")
    if _SECRET_HEADER.search(name) and not _VARIABLE.fullmatch(value):
        raise ValueError(f"headers: {name}: holds a secret: put it into an environment variable and write env:NAME")
    if not value.isprintable() or not value.isascii():
        raise ValueError(f"headers: {name}: holds a character that no header can hold")


def _expected(expect: Expect) -> None:
    if expect.json is not UNSET:
        try:
            parts(expect.json.path)
        except ValueError as error:
            raise ValueError(f"expect: json: path: {error}") from error
    try:
        re.compile(expect.body)
    except re.error as error:
        raise ValueError(f"expect: body: is no regular expression: {error}") from error
    if expect.faster_than is not UNSET and not seconds(expect.faster_than):
        raise ValueError("expect: faster_than: nothing is faster than no time; write 1ms or longer")


def undoing(undo: str) -> tuple[str, str]:
    """Return method and address of an undo. Raises ValueError with `undo: message`."""
    method, _, url = undo.strip().partition(" ")
    if method not in ("POST", "PUT", "PATCH", "DELETE"):
        raise ValueError("undo: write METHOD URL, such as DELETE https://app.example.org/flags/new")
    _address(url.strip(), field="undo")
    return method, url.strip()


def words(expect: Expect) -> str:
    """Say what is expected."""
    found = [str(expect.status)]
    if expect.json is not UNSET:
        found.append(f"{expect.json.path} = {told(expect.json.equals)}")
    if expect.body:
        found.append(f"a body that matches {expect.body}")
    if expect.faster_than is not UNSET:
        found.append(f"faster than {expect.faster_than}")
    return ", ".join(found)


def headers(data: Data) -> dict[str, Any]:
    """Return what is sent beside the body."""
    own = {name.lower() for name in data.headers}
    json = {"Content-Type": "application/json"} if data.send and "content-type" not in own else {}
    return {**json, **data.headers}
