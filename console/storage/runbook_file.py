"""A runbook from its file. Rule: all that is wrong is said at once, with its place; what is returned is sound."""

from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from console.core.errors import InvalidDocument, RunbookError
from console.core.runbook import Phase, Risk, Runbook, Step
from console.statements import known
from console.steps import kind_of
from console.storage.plan import plan_digest
from console.storage.references import check_meaning, check_references
from console.storage.step_nodes import StepReader
from console.storage.typed_nodes import INVALID, Nodes, nearest, shown
from console.storage.yaml_nodes import Mapping, Node, Place, Problem, Scalar, document

_MOST_TOLD = 50
"""Problems that one error tells."""


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
    source = read_source(path)
    root = parsed(source, name=str(path))
    nodes = Nodes()
    runbook = _runbook(nodes, root)
    if nodes.problems or runbook is None:
        raise invalid(str(path), nodes.problems)
    runbook = _overridden(runbook, environment, path)
    return Loaded(
        runbook=runbook,
        source=source.decode("utf-8-sig"),
        source_name=path.name,
        source_digest=sha256(source).hexdigest(),
        plan_digest=plan_digest(runbook),
    )


def read_source(path: Path) -> bytes:
    """Return the bytes of a file that a person named. Raises RunbookError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunbookError(f"cannot read {path}: {error.strerror}", remedy="name a file that you can read") from error


def parsed(source: bytes, *, name: str) -> Mapping:
    """Return the mapping that a document is. Raises InvalidDocument."""
    try:
        root = document(source)
        if isinstance(root, Mapping):
            return root
    except Problem as problem:
        raise invalid(name, [(problem.place, problem.message)]) from problem
    raise invalid(name, [(root.place, "a mapping of keys to values is expected here")])


def invalid(name: str, problems: list[tuple[Place, str]]) -> InvalidDocument:
    """Return the error that tells problems in the order of their places."""
    ordered = sorted(problems, key=lambda each: (each[0].line, each[0].column))
    told = [_printable(f"{name}:{place.line}:{place.column}: {text}") for place, text in ordered[:_MOST_TOLD]]
    more = len(ordered) - len(told)
    return InvalidDocument((*told, f"{name}: and {more} more") if more else tuple(told))


def _printable(text: str) -> str:
    """Return a text in one line that steers no terminal: a message repeats what the file says."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _runbook(nodes: Nodes, root: Mapping) -> Runbook | None:
    engine, risk = _word(root, "engine"), _word(root, "risk")
    steps = StepReader(
        nodes, risk=risk if risk in get_args(Risk) else "medium", engine=engine if engine in known() else None
    )
    nodes.special = {Step: steps.read, Phase: lambda node, _: _phase(nodes, node)}
    runbook = nodes.struct(root, Runbook, "")
    _check_databases(nodes, root)
    if engine and engine not in known() and not any("engine:" in text for _, text in nodes.problems):
        nodes.wrong(root.entries["engine"][1].place, f"engine: {engine} is not built in yet: {', '.join(known())}")
    check_references(nodes, root)
    if nodes.problems or runbook is INVALID:
        return None
    check_meaning(nodes, root, runbook)
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


def _check_databases(nodes: Nodes, root: Mapping) -> None:
    """Refuse passwords, and a runbook without a main database."""
    entry = root.entries.get("databases")
    if entry is None or not isinstance(entry[1], Mapping):
        return
    databases = entry[1]
    if "main" not in databases.entries:
        nodes.wrong(databases.place, "databases: main is missing: the database that the runbook changes")
    for key, (_, value) in databases.entries.items():
        if isinstance(value, Scalar) and (why := _unfit(value.text)):
            nodes.wrong(value.place, f"{shown(key)}: {why}")


def _unfit(url: str) -> str:
    """Say what is wrong with the address of a database, without repeating it: it may hold a secret."""
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        fits = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
        return "" if fits else "after env: comes the name of an environment variable"
    scheme, colon, rest = url.partition(":")
    if not colon or not scheme.replace("+", "a").isalnum():
        return "write env:NAME or a URL such as sqlite:app.db"
    authority = rest.removeprefix("//").partition("/")[0] if rest.startswith("//") else ""
    user = authority.rpartition("@")[0]
    words = rest.lower()
    if ":" in user or any(f"{each}=" in words for each in ("password", "passwd", "pwd", "sslpassword")):
        return "holds a password: put the URL into an environment variable and write env:NAME"
    return ""


def _overridden(runbook: Runbook, environment: str | None, path: Path) -> Runbook:
    """Return the runbook as it is in an environment. Raises RunbookError when it does not know that one."""
    if environment is None or not runbook.environments:
        return runbook
    found = runbook.environments.get(environment)
    if found is None:
        hint = nearest(environment, runbook.environments).removeprefix(" — ")
        raise RunbookError(f"{path} knows no environment {environment}", remedy=hint)
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
