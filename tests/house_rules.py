"""The rules of the house as data: what may not be, where, and a line of code that breaks the rule."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.source import Module, calls, docstrings, functions, imports, length, strings

PURE = ("console/core", "console/statements", "console/views", "console/planner")

_SQL = re.compile(r"\s*(alter|create|delete|drop|grant|insert|select|set|show|update|with)\b", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_IMPURE = {"asyncio", "io", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess"}
_IMPURE |= {"tempfile", "threading", "time", "yaml"}
_CATCH_ALL = {"Exception", "BaseException"}
_CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter"}
_BANNED_NAMES = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: `breaches` yields the nodes (or None for the file) that break it."""

    name: str
    breaches: Callable[[Module], Iterator[ast.AST | None]]
    bad: str
    """Code that breaks it, so that a rule that sees nothing is noticed."""
    where: tuple[str, ...] = ("console",)
    outside: tuple[str, ...] = ()
    """Folders and files in which it does not hold."""
    bad_path: str = "console/example.py"


def longer_than(limit: int) -> Callable[[Module], Iterator[None]]:
    def breaches(module: Module) -> Iterator[None]:
        if len(module.text.splitlines()) > limit:
            yield None

    return breaches


def long_functions(module: Module) -> Iterator[ast.AST]:
    return (function for function in functions(module) if length(function) > 40)


def undocumented(module: Module) -> Iterator[ast.AST | None]:
    if not ast.get_docstring(module.tree):
        yield None
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            yield node


def impure(module: Module) -> Iterator[ast.AST]:
    yield from (node for node, name in imports(module) if name.split(".")[0] in _IMPURE)
    yield from (node for node, name in calls(module) if name in _CLOCKS or name == "open")


def asynchronous(module: Module) -> Iterator[ast.AST]:
    return (function for function in functions(module) if isinstance(function, ast.AsyncFunctionDef))


def built_states(module: Module) -> Iterator[ast.AST]:
    return (node for node, name in calls(module) if name == "RunState")


def words(pattern: str) -> Callable[[Module], Iterator[None]]:
    found = re.compile(pattern)

    def breaches(module: Module) -> Iterator[None]:
        if found.search(module.text):
            yield None

    return breaches


def mocks(module: Module) -> Iterator[ast.AST]:
    return (node for node, name in imports(module) if re.match(r"(unittest\.mock|mock)\b", name))


def engine_names(module: Module) -> Iterator[ast.AST]:
    return (node for node in strings(module) if re.match(r"(postgres|mysql|mariadb)", str(node.value)))


def css_strings(module: Module) -> Iterator[ast.AST]:
    """Yield assignments to CSS; a widget's own DEFAULT_CSS is another name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (node for target in _targets(node) if ast.unparse(target) == "CSS")


def set_styles(module: Module) -> Iterator[ast.AST]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield from (node for target in _targets(node) if re.search(r"\.styles\b", ast.unparse(target)))


def _targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def colours(module: Module) -> Iterator[ast.AST]:
    return (node for node in strings(module) if _COLOUR.search(str(node.value)))


def submissions(module: Module) -> Iterator[ast.AST]:
    return (node for node, name in calls(module) if name == "submit")


def callbacks(module: Module) -> Iterator[ast.AST]:
    """Yield parameters and fields that are typed as callables."""
    for node in ast.walk(module.tree):
        annotation = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else None
        if annotation is not None and re.search(r"\bCallable\b", ast.unparse(annotation)):
            yield node


def banned_names(module: Module) -> Iterator[None]:
    if _BANNED_NAMES & set(Path(module.path).with_suffix("").parts):
        yield None


def long_sql(module: Module) -> Iterator[ast.AST]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and length(node) > 1:
            written = ast.unparse(node).lstrip("f").lstrip("'\"").replace("\\n", "\n")
            if _SQL.match(written) and node not in docstrings(module):
                yield node


def swallowed(module: Module) -> Iterator[ast.AST]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and isinstance(node.body[0], ast.Pass | ast.Continue):
            yield from [node] if ast.unparse(node.type or ast.Name("Exception")) in _CATCH_ALL else []


EVERYWHERE = ("console", "tests")
RULES = (
    Rule(
        name="a module has 300 lines at most",
        breaches=longer_than(300),
        where=EVERYWHERE,
        bad="x = 1\n" * 301,
    ),
    Rule(
        name="a screen has 250 lines at most",
        breaches=longer_than(250),
        where=("console/tui/screens",),
        bad="\n" * 251,
    ),
    Rule(
        name="app.py has 120 lines at most",
        breaches=longer_than(120),
        where=("console/tui/app.py",),
        bad="\n" * 121,
    ),
    Rule(
        name="a function has 40 lines at most",
        breaches=long_functions,
        where=EVERYWHERE,
        bad="def f():\n" + "    x = 1\n" * 40,
    ),
    Rule(name="every module has a docstring", breaches=undocumented, bad="x = 1"),
    Rule(name="every public class has a docstring", breaches=undocumented, bad='"""M."""\nclass A:\n    x = 1'),
    Rule(name="what is pure imports no I/O", breaches=impure, where=PURE, bad="from pathlib import Path"),
    Rule(name="what is pure reads no clock", breaches=impure, where=PURE, bad="x = datetime.now(UTC)"),
    Rule(name="what is pure opens no file", breaches=impure, where=PURE, bad="open('x')"),
    Rule(
        name="what is pure awaits nothing",
        breaches=asynchronous,
        where=PURE,
        outside=("console/core/ports.py",),
        bad="async def f(): ...",
    ),
    Rule(
        name="only evolve.py builds a RunState",
        breaches=built_states,
        outside=("console/core/evolve.py",),
        bad="state.RunState(run='x')",
    ),
    Rule(
        name="a rehearsal is no flag of a step",
        breaches=words(r"dry_run|noop"),
        where=("console/steps",),
        bad="if dry_run: pass",
    ),
    Rule(name="no mocks", breaches=mocks, where=EVERYWHERE, bad="from unittest import mock"),
    Rule(
        name="engines are named where they are known",
        breaches=engine_names,
        outside=("console/databases", "console/planner", "console/statements", "console/core/runbook.py"),
        bad="if engine == 'postgresql': pass",
    ),
    Rule(
        name="CSS is beside its screen",
        breaches=css_strings,
        where=("console/tui",),
        bad="class A:\n  CSS = '''x'''",
    ),
    Rule(
        name="styles are set by classes",
        breaches=set_styles,
        where=("console/tui",),
        bad="w.styles.width = 3",
    ),
    Rule(
        name="colours are variables of the theme",
        breaches=colours,
        where=("console/tui",),
        outside=("console/tui/theme.py",),
        bad="x = 'on #a1b2c3'",
    ),
    Rule(
        name="only a screen submits",
        breaches=submissions,
        where=("console/tui",),
        outside=("console/tui/screens",),
        bad="session.submit(command)",
    ),
    Rule(
        name="a widget takes no callback",
        breaches=callbacks,
        where=("console/tui/widgets",),
        bad="def f(done: Callable[[], None]): ...",
    ),
    Rule(
        name="a module is named by what is in it",
        breaches=banned_names,
        where=EVERYWHERE,
        bad="",
        bad_path="console/tui/helpers/time.py",
    ),
    Rule(
        name="SQL longer than a line is in a .sql file",
        breaches=long_sql,
        where=("console/databases",),
        bad="x = '''SELECT 1\nFROM t'''",
    ),
    Rule(
        name="no error is swallowed",
        breaches=swallowed,
        where=EVERYWHERE,
        bad="try:\n  f()\nexcept Exception:\n  pass",
    ),
)
