"""A runbook from its file. Rule: all that is wrong is said at once, with its place; what is returned is sound."""

import errno
import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from console.core.errors import InvalidDocument, RunbookError
from console.core.runbook import EngineName, Phase, Risk, Runbook, Step
from console.statements import known
from console.statements.passwords import held, held_by_address
from console.steps import kind_of
from console.storage import passwords
from console.storage.announcements import check_announcements
from console.storage.application import check_statements
from console.storage.plan import plan_digest
from console.storage.references import check_meaning, check_references
from console.storage.step_nodes import StepReader
from console.storage.typed_nodes import INVALID, Nodes, nearest, shown
from console.storage.way_back import check_way_back
from console.storage.yaml_nodes import LARGEST, Mapping, Node, Place, Problem, Scalar, document

_MOST_TOLD = 50
"""Problems that one error tells."""
_PLAIN_FILE = "write the document to a file and name that"


class Loaded(Struct, frozen=True, kw_only=True):
    """A sound runbook with its text and its digests."""

    runbook: Runbook
    source: str
    source_name: str
    source_digest: str
    """SHA-256 of the file."""
    plan_digest: str
    """SHA-256 of what would be executed: comments and prose do not count."""


def load(path: Path, environment: str | None = None) -> Loaded:
    """Read a runbook, with what the environment overrides. Raises RunbookError, InvalidDocument for what is in it."""
    return loaded_from(read_source(path), name=str(path), environment=environment)


def loaded_from(source: bytes, *, name: str, environment: str | None = None) -> Loaded:
    """Read a runbook from the bytes of the file of that name. Raises RunbookError, InvalidDocument."""
    root, told = parsed(source, name=name)
    told |= _passwords_in_addresses(root)
    nodes = Nodes()
    runbook = _runbook(nodes, root)
    if nodes.problems or told or runbook is None:
        raise invalid(name, nodes.problems, told)
    runbook = _overridden(runbook, environment, name)
    return Loaded(
        runbook=runbook,
        source=source.decode("utf-8-sig"),
        source_name=printable(Path(name).name),
        source_digest=sha256(source).hexdigest(),
        plan_digest=plan_digest(runbook),
    )


def read_source(path: Path) -> bytes:
    """Return the bytes of a file that a person named, at most one more than a document may have. Raises RunbookError.

    What is no plain file is refused before a byte is read: a pipe would block, a device might never end.
    """
    try:
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RunbookError(f"{path} is no plain file", remedy=_PLAIN_FILE)
            return b"".join(iter(lambda: file.read(LARGEST + 1 - file.tell()), b""))
    except ValueError as error:
        raise RunbookError(f"cannot read {path}: {error}", remedy="name a file that you can read") from error
    except OSError as error:
        remedy = "name a file that you can read"
        if error.errno == errno.ENXIO:
            remedy = _PLAIN_FILE
        elif path == Path("-"):
            remedy = f"- names a file here, not the standard input; {_PLAIN_FILE}"
        raise RunbookError(f"cannot read {path}: {error.strerror}", remedy=remedy) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def parsed(source: bytes, *, name: str) -> tuple[Mapping, dict[Place, str]]:
    """Return the mapping that a document is, and by place what is told of the passwords that were masked in it.

    Raises InvalidDocument.
    """
    try:
        root = document(source)
    except Problem as problem:
        raise invalid(name, [(problem.place, problem.message)]) from problem
    if isinstance(root, Mapping):
        return passwords.without(root, source)
    raise invalid(name, [(root.place, "a mapping of keys to values is expected here: write key: value")])


def invalid(name: str, problems: list[tuple[Place, str]], told: dict[Place, str] | None = None) -> InvalidDocument:
    """Return the error that tells problems in the order of their places; of a place in `told` nothing but that."""
    told = told or {}
    ordered = sorted(
        [*((place, text) for place, text in problems if place not in told), *told.items()],
        key=lambda each: (each[0].line, each[0].column),
    )
    lines = [printable(f"{name}:{at.line}:{at.column}: {_fit_to_tell(text)}") for at, text in ordered[:_MOST_TOLD]]
    more = len(ordered) - len(lines)
    return InvalidDocument((*lines, printable(f"{name}: and {more} more")) if more else tuple(lines))


def printable(text: str) -> str:
    """Return a text in one line that steers no terminal: a message repeats what the file and its name say."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _fit_to_tell(text: str) -> str:
    return "what stands here holds a password and is not repeated: take it out" if held(text) else text


def _runbook(nodes: Nodes, root: Mapping) -> Runbook | None:
    engine, risk = _word(root, "engine"), _word(root, "risk")
    steps = StepReader(
        nodes, risk=risk if risk in get_args(Risk) else "medium", engine=engine if engine in known() else None
    )
    nodes.special = {Step: steps.read, Phase: lambda node, _: _phase(nodes, node)}
    runbook = nodes.struct(root, Runbook, "")
    _check_databases(nodes, root, engine)
    if engine and engine not in known() and not any("engine:" in text for _, text in nodes.problems):
        nodes.wrong(root.entries["engine"][1].place, f"engine: {engine} is not built in yet, only {', '.join(known())}")
    check_references(nodes, root)
    if nodes.problems or runbook is INVALID:
        return None
    check_meaning(nodes, root, runbook)
    check_way_back(nodes, root, runbook)
    check_announcements(nodes, root, runbook)
    check_statements(nodes, root, runbook)
    return runbook


def _word(root: Mapping, key: str) -> str:
    entry = root.entries.get(key)
    return entry[1].text if entry and isinstance(entry[1], Scalar) else ""


def _phase(nodes: Nodes, node: Node) -> Any:
    """Read a phase; its title is its id in words when it has none."""
    if isinstance(node, Mapping) and "title" not in node.entries:
        name = _word(node, "id").replace("-", " ").replace("_", " ").capitalize()
        title = Scalar(node.place, name, plain=False)
        node = Mapping(node.place, {**node.entries, "title": (title, title)})
    return nodes.struct(node, Phase, "phase")


def _addresses(root: Mapping) -> list[tuple[str, Scalar]]:
    entry = root.entries.get("databases")
    entries = entry[1].entries if entry and isinstance(entry[1], Mapping) else {}
    return [(key, value) for key, (_, value) in entries.items() if isinstance(value, Scalar)]


def _passwords_in_addresses(root: Mapping) -> dict[Place, str]:
    remedy = "holds a password: put the URL into an environment variable and write env:NAME"
    return {
        value.place: f"{shown(key)}: {remedy}"
        for key, value in _addresses(root)
        if value.text == passwords.MASK or held_by_address(value.text)
    }


def _check_databases(nodes: Nodes, root: Mapping, engine: str) -> None:
    """Refuse addresses that lead nowhere, and a runbook without a main database."""
    entry = root.entries.get("databases")
    if entry and isinstance(entry[1], Mapping) and "main" not in entry[1].entries:
        nodes.wrong(entry[1].place, "databases: main is missing: the database that the runbook changes")
    for key, value in _addresses(root):
        if value.text and key != passwords.MASK and (why := _unfit(value.text, engine)):
            nodes.wrong(value.place, f"{shown(key)}: {why}")


def _unfit(url: str, engine: str) -> str:
    """Say what is wrong with the address of a database, without repeating it: it may hold a secret."""
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        fits = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
        return "" if fits else "after env: comes the name of an environment variable, such as env:DATABASE_URL"
    scheme, colon, rest = url.partition(":")
    engines = get_args(EngineName)
    if not colon or scheme.lower() not in engines:
        return "write env:NAME or a URL such as sqlite:app.db"
    if engine in engines and scheme.lower() != engine:
        return f"is an address of {scheme.lower()}, and the runbook is for {engine}: correct one of them"
    return "" if rest.strip("/ ") else "names no database: write env:NAME or a URL such as sqlite:app.db"


def _overridden(runbook: Runbook, environment: str | None, name: str) -> Runbook:
    """Return the runbook as it is in an environment. Raises RunbookError when it does not know that one."""
    if environment is None or not runbook.environments:
        return runbook
    found = runbook.environments.get(environment)
    if found is None:
        hint = nearest(environment, runbook.environments).removeprefix(" — ")
        raise RunbookError(f"{name} knows no environment {environment}", remedy=hint)
    changes = {
        name: value
        for name, value in (("batch_size", found.batch_size), ("batch_pause", found.batch_pause))
        if value is not None
    }
    phases = tuple(
        replace(phase, steps=tuple(_batched(step, changes) for step in phase.steps)) for phase in runbook.phases
    )
    return replace(runbook, phases=phases)


def _batched(step: Step, changes: dict[str, Any]) -> Step:
    """Return the step with other batches, if it works in batches."""
    data = convert(step.data, kind_of(step).Data)
    main = getattr(data, step.kind, None)
    if not isinstance(main, Struct) or not set(changes) <= set(main.__struct_fields__):
        return step
    return replace(step, data=to_builtins(replace(data, **{step.kind: replace(main, **changes)})))
