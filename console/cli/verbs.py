"""The verbs of the command line, found by the folder. Rule: a verb is imported when used, not to be listed.

A module of this folder is a verb when it has `NAME` and `HELP` (a literal; empty: not listed),
`configure(parser)`, which adds its arguments, and `execute(arguments) -> int`, which returns the exit status.
"""

import ast
import difflib
import pkgutil
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from console import cli
from console.core.errors import RunbookError


class Verb(Protocol):
    """A module of this folder that has these names."""

    NAME: str
    HELP: str

    def configure(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        ...

    def execute(self, arguments: Namespace) -> int:
        """Do it and return the exit status."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a verb's source says of it."""

    module: str
    help: str


def listed() -> dict[str, Entry]:
    """Return all verbs by name, in the order of the alphabet, without importing any."""
    found = {}
    for module in pkgutil.iter_modules(cli.__path__):
        said = _literals(Path(cli.__path__[0], f"{module.name}.py"))
        if said.keys() >= {"NAME", "HELP"}:
            found[said["NAME"]] = Entry(module=f"{cli.__name__}.{module.name}", help=said.get("HELP", ""))
    return dict(sorted(found.items()))


def _literals(file: Path) -> Mapping[str, str]:
    """Return the strings that a module assigns to names at its top level."""
    return {
        target.id: node.value.value
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def find(name: str) -> Verb:
    """Return the verb of that name. Raises RunbookError, with the nearest right word, when there is none."""
    module = name.replace("-", "_")
    usual = Path(cli.__path__[0], f"{module}.py")
    if module.isidentifier() and usual.exists() and _literals(usual).get("NAME") == name:
        return cast("Verb", import_module(f"{cli.__name__}.{module}"))
    verbs = listed()
    if name not in verbs:
        shown = [verb for verb, entry in verbs.items() if entry.help]
        near = difflib.get_close_matches(name, shown, n=1)
        remedy = f"did you mean {near[0]}?" if near else "`runbook --help` lists all verbs"
        raise RunbookError(f"there is no verb {name!r}", remedy=remedy)
    return cast("Verb", import_module(verbs[name].module))
