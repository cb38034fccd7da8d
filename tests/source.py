"""The project's own Python files, read and parsed, and ways to walk through one."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Python file of the project, read and parsed."""

    path: str
    """Relative to the root, with slashes."""
    text: str
    tree: ast.Module


def parse(text: str, *, path: str) -> Module:
    return Module(path=path, text=text, tree=ast.parse(text))


@cache
def tree() -> tuple[Module, ...]:
    """Return all modules of the program and of its tests."""
    files = sorted(file for folder in ("console", "tests") for file in (ROOT / folder).rglob("*.py"))
    return tuple(parse(file.read_text(encoding="utf-8"), path=file.relative_to(ROOT).as_posix()) for file in files)


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return found


def layers() -> dict[str, bool]:
    """Return each layer, and whether the contract has it in parentheses: designed, but not there yet."""
    lines = next(contract["layers"] for contract in contracts() if contract["type"] == "layers")
    return {name: bool(bracket) for bracket, name in re.findall(r"(\(?)(\w+)", " ".join(lines))}


def top_level() -> set[str]:
    """Return the names of the modules and packages directly in console/."""
    packages = {file.parent.name for file in (ROOT / "console").glob("*/__init__.py")}
    return packages | {file.stem for file in (ROOT / "console").glob("*.py")} - {"__init__"}


def planned() -> tuple[str, ...]:
    return tuple(f"console/{name}" for name, optional in layers().items() if optional)


def lies_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def docstrings(module: Module) -> set[ast.AST]:
    """Return every string that stands alone, as docstrings of modules, classes and attributes do."""
    return {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}


def strings(module: Module) -> Iterator[ast.Constant]:
    prose = docstrings(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every imported name in full, with the node that imports it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module or ''}.{alias.name}") for alias in node.names)


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call with the last part of what is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node, node.func.attr


def length(node: ast.stmt | ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
