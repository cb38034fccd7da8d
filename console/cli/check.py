"""`runbook check`: what is wrong with runbooks, before anybody runs them. Rule: all problems of all files at once."""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from console.core.errors import InvalidDocument, RunbookError
from console.storage.runbook_file import load, printable
from console.views.json_text import as_json
from console.views.text import one_line

NAME = "check"
HELP = "Tell everything that is wrong with runbooks, with line and column."
_LONGEST = 2000
"""Characters of a name, and of a message, that are told."""
_PLACED = re.compile(r":(\d+):(\d+): ")


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a file; line and column count from 1, and are 0 when it is no place."""

    file: str
    line: int
    column: int
    message: str


class Examined(Struct, frozen=True, kw_only=True):
    """What a look at one file found."""

    file: Path
    problems: tuple[Problem, ...] = ()
    plan_digest: str = ""
    """What a file of answers names at a point of no return; empty when there are problems."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a runbook")
    parser.add_argument("--env", metavar="E", help="as it is in that environment")
    parser.add_argument(
        "--format", choices=("text", "json", "github"), default="text", help="github: annotations for its workflows"
    )
    parser.epilog = "exit status: 0 nothing is wrong · 2 something is"


def execute(arguments: Namespace) -> int:
    """Read each file and tell what is wrong."""
    read = [examine(file, environment=arguments.env) for file in arguments.files]
    found = [problem for each in read for problem in each.problems]
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json(found))
    elif arguments.format == "github":
        _print(_annotation(each) for each in found)
    else:
        _print(_line(each) for each in found)
        sound = [each for each in read if not each.problems]
        _print(f"{each.file}: sound, plan_digest {each.plan_digest}" for each in sound)
        _print([f"{len(sound)} of {len(read)} sound"])
    return 2 if found else 0


def examine(file: Path, *, environment: str | None) -> Examined:
    """Return what is wrong with a runbook, or the digest of its plan."""
    try:
        loaded = load(file, environment=environment)
    except InvalidDocument as error:
        return Examined(file=file, problems=tuple(_placed(str(file), problem) for problem in error.problems))
    except RunbookError as error:
        told = Problem(file=_writable(str(file)), line=0, column=0, message=_writable(str(error)))
        return Examined(file=file, problems=(told,))
    return Examined(file=file, plan_digest=loaded.plan_digest)


def _placed(file: str, problem: str) -> Problem:
    """Take `file:line:column: message` apart."""
    told = problem.removeprefix(printable(file))
    found = _PLACED.match(told)
    if found is None:
        return Problem(file=_writable(file), line=0, column=0, message=told.removeprefix(": "))
    return Problem(file=_writable(file), line=int(found[1]), column=int(found[2]), message=told[found.end() :])


def _writable(text: str) -> str:
    """Return a text with those bytes of a file's name spelled out that are no UTF-8, which JSON cannot hold."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _line(problem: Problem) -> str:
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    return f"{problem.file}{place}: {problem.message}"


def _annotation(problem: Problem) -> str:
    """Return a workflow command; what would end a property or the line is escaped as GitHub says."""
    place = f",line={problem.line},col={problem.column}" if problem.line else ""
    file = _escaped(one_line(problem.file, limit=_LONGEST)).replace(":", "%3A").replace(",", "%2C")
    return f"::error file={file}{place}::{_escaped(one_line(problem.message, limit=_LONGEST))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(one_line(line, limit=2 * _LONGEST))
