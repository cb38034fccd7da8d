"""What a shell step is written like. Rule: what cannot be executed, or not be told of, is refused with the runbook."""

import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from console.core.durations import seconds
from console.core.runbook import Document, Duration, Step
from console.steps._statements import reading
from console.steps._way_back import none_needed
from console.steps.shell.surroundings import ensure_named


class Expect(Document, frozen=True):
    """What it is like when it went well."""

    status: Annotated[int, Meta(ge=0, le=255)] = 0
    """The exit status."""
    output: str = ""
    """A regular expression that is found in one line of the output."""


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command, what it is given, and what a database cannot know about it."""

    shell: str | tuple[str, ...]
    """The program and its arguments, as a list; with `through: sh` a text for that."""
    through: Literal["", "sh"] = ""
    """`sh`: the text, and the undo, are a script, which ends at the first command that fails."""
    folder: str = ""
    """Where it is executed; empty: where the console runs."""
    env: tuple[str, ...] = ()
    """Names of variables that are passed on, beside PATH, HOME, LANG and the like."""
    secrets: dict[str, str] = {}
    """Variables whose values nobody may see: `NAME: env:OTHER`."""
    timeout: Duration = "1h"
    """After that it is ended, with all that it started."""
    expect: Expect = Expect()
    changes: Literal["something", "nothing"] = "something"
    """`nothing`: there is nothing to take back, and it can be started again at any time."""
    idempotent: bool = False
    """Started again after an end that nobody saw, it does no harm."""
    done_when: str | tuple[str, ...] = ""
    """A query whose first value is true once it happened, or a command whose exit status is 0 then and 1 before."""


def ensure_sound(step: Step, data: Data, *, engine: str) -> None:
    """Raise ValueError with `field: message`."""
    _command(data)
    ensure_named(data.env, data.secrets)
    if not seconds(data.timeout):
        raise ValueError("timeout: no time at all; write 1s or longer")
    _expression(data.expect.output)
    if isinstance(data.done_when, tuple):
        _words(data.done_when, field="done_when")
    elif data.done_when:
        reading(data.done_when, field="done_when", engine=engine)
    if data.changes == "nothing":
        none_needed(step, "it changes nothing")
        for field, given in (("done_when", data.done_when), ("idempotent", data.idempotent)):
            if given:
                raise ValueError(f"{field}: what changes nothing can be started again anyway; leave it out")
    elif step.undo:
        undoing(step.undo, data)
    elif not step.restore:
        raise ValueError(
            "undo: is missing; write the command that takes the step back, or with restore: where the data come from,"
            " or changes: nothing"
        )


def _command(data: Data) -> None:
    if isinstance(data.shell, tuple):
        _words(data.shell, field="shell")
        if data.through:
            raise ValueError("through: a list is executed as it is; leave it out, or write a text")
    elif not data.shell.strip():
        raise ValueError("shell: says nothing; write the program and its arguments as a list")
    elif not data.through:
        raise ValueError(
            f"shell: a command is a list, so that nothing in it is taken for something else: write"
            f" {_as_list(data.shell)}, or with through: sh a script"
        )
    elif "\0" in data.shell:
        raise ValueError("shell: holds a character that no command can hold")


def _as_list(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return f"[{', '.join(words)}]" if len(text) <= 60 else "[program, argument]"  # noqa: PLR2004 - fits in a line


def _words(words: tuple[str, ...], *, field: str) -> None:
    if not words or not words[0].strip():
        raise ValueError(f"{field}: names no program; write [program, argument]")
    if any("\0" in word for word in words):
        raise ValueError(f"{field}: holds a character that no command can hold")


def _expression(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expect: output: is no regular expression: {error}") from error


def command(data: Data) -> tuple[str, ...]:
    """Return what is executed."""
    return data.shell if isinstance(data.shell, tuple) else ("sh", "-euc", data.shell)


def undoing(undo: str, data: Data) -> tuple[str, ...]:
    """Return what takes it back. Raises ValueError with `undo: message` when that is no command."""
    if data.through:
        return ("sh", "-euc", undo)
    try:
        words = tuple(shlex.split(undo))
    except ValueError as error:
        raise ValueError(f"undo: is no command: {error}; what a person does is a manual step of its own") from error
    _words(words, field="undo")
    return words


def shown(words: tuple[str, ...]) -> str:
    """Return a command as a person would type it."""
    return words[-1] if words[:2] == ("sh", "-euc") else shlex.join(words)


def described(data: Data, *, passed: tuple[str, ...]) -> str:
    """Say where, with what and for how long it is executed."""
    own = _listed({**dict.fromkeys(data.env, ""), **data.secrets})
    lines = [
        f"In {data.folder or 'the folder where the console runs'}, ended after {data.timeout}, runs:",
        shown(command(data)).rstrip(),
        f"It is given {', '.join(passed)}{own}, and no input.",
        f"Expected: exit status {data.expect.status}"
        + (f", and a line that matches {data.expect.output}" if data.expect.output else ""),
    ]
    return "\n".join(lines)


def _listed(named: Mapping[str, str]) -> str:
    return "".join(f", {name} ({value})" if value else f", {name}" for name, value in named.items())
