"""Importing every module of a layer, in a fresh interpreter, does not load what the layer must not know."""

import subprocess
import sys

import pytest

import console
from tests.source import ROOT, planned

SCREEN = {"textual", "rich"}
DRIVERS = {"psycopg", "pymysql", "sqlite3"}

FORBIDDEN = {
    "console.core": SCREEN | DRIVERS | {"asyncio", "yaml"},
    "console.statements": SCREEN | DRIVERS | {"asyncio", "yaml"},
    "console.planner": SCREEN | DRIVERS | {"asyncio"},
    "console.views": SCREEN | DRIVERS | {"asyncio", "yaml"},
    "console.steps": SCREEN | DRIVERS,
    "console.storage": SCREEN | DRIVERS,
    "console.engine": SCREEN | DRIVERS,
    "console.sessions": SCREEN | DRIVERS,
    "console.tui": DRIVERS,
}

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
inside = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")
names = [package.__name__, *(module.name for module in inside)]
for name in names:
    importlib.import_module(name)
print(len(names), *sys.modules)
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True, timeout=30
    )
    assert answer.returncode == 0, answer.stderr
    return answer


@pytest.mark.parametrize("layer", [name for name in FORBIDDEN if name.replace(".", "/") not in planned()])
def test_a_layer_does_not_load_what_is_not_its_own(layer: str) -> None:
    examined, *loaded = python("-c", IMPORT_ALL, layer).stdout.split()
    folder = ROOT / layer.replace(".", "/")
    files = list(folder.rglob("*.py")) or [folder.with_suffix(".py")]
    assert int(examined) == len(files)
    assert not FORBIDDEN[layer] & set(loaded)


def test_opening_no_database_loads_no_driver() -> None:
    *_, loaded = python("-c", "import sys, console.databases; print(*sys.modules)").stdout.splitlines()
    assert "console.databases" in loaded.split()
    assert not (SCREEN | DRIVERS) & set(loaded.split())


def test_the_version_is_told_without_loading_anything_large() -> None:
    answer = python("-X", "importtime", "-m", "console", "--version")
    loaded = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert console.__version__ in answer.stdout
    assert "console" in loaded
    assert not (SCREEN | DRIVERS | {"asyncio", "yaml"}) & loaded
