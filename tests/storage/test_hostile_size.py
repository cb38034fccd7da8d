"""Files that are far too large, never end or would wait: refused in a moment, with little memory.

Measured in a process of its own.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.storage.yaml_nodes import LARGEST
from tests.source import ROOT

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
MEMORY = 100 * 1024
"""KiB, of the whole process."""
TIMES = 100
"""As long as a normal runbook takes to load: 0.01 s, and half a second for the worst that is refused."""
NORMAL = ROOT / "runbooks" / "six-phase.yaml"
HEAD = b"runbook: a\ntitle: b\nengine: sqlite\ndatabases: {main: 'env:D'}\nphases:\n- id: a\n  steps:\n"
STEP = b"  - {id: x, undo: SELECT 2, sql: '%s'}\n"

FILES: dict[str, bytes] = {
    "empty": b"",
    "50-mb-of-text": b"a" * LARGEST,
    "50-mb-of-brackets": b"[" * LARGEST,
    "50-mb-of-spaces": b" " * LARGEST,
    "50-mb-of-nul": b"\0",
    "50-mb-of-lines": b"a: b\n" * LARGEST,
    "billion-laughs": b"a: &a [x,x]\n" + b"b: &b [*a,*a]\n" * 1000,
    "brackets": b"[" * LARGEST,
    "small-things": b"- a\n" * (LARGEST // 4),
    "answers-in-one-flow": b"[" + b"a," * (LARGEST // 2 - 1) + b"]",
    "answers-of-50-mb": b"steps:",
    "tag-handles": b"".join(b"%%TAG !a%d! x\n" % number for number in range(60_000)),
    "slips": HEAD + b"".join(b"  - {idd: s%d, manuall: look}\n" % number for number in range(4000)),
    "missing-steps": HEAD + b"".join(b"  - {id: s%d, manual: b, requires: [t%d]}\n" % (n, n) for n in range(2500)),
    "circles": HEAD + b"".join(b"  - {id: s%d, manual: b, requires: [s%d]}\n" % (n, n + 1) for n in range(2500)),
    "parentheses": HEAD + STEP % (b"SELECT " + b"(" * 900_000),
    "semicolons": HEAD + STEP % (b"SELECT 1" + b";a" * 450_000),
    "passwords": HEAD + b"  - {id: x, manual: '%s'}\n" % (b"password= host= " * 60_000),
    "a-long-key": HEAD + b"  - {id: x, manual: b, %s: 1}\n" % (b"k" * 1000),
}


def fifo(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.relpath(path))
    server.close()


SPECIAL: dict[str, Callable[[Path], None]] = {
    "fifo": fifo,
    "answers-fifo": fifo,
    "folder": Path.mkdir,
    "socket": listening,
    "zeros": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "nowhere": lambda path: path.symlink_to("/nowhere/at/all"),
    "itself": lambda path: path.symlink_to(path),
}


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, object]]]:
    """Return by file what loading it cost, in one process for all of them."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
        if "50-mb" in name:
            os.truncate(folder / name, 50 * MEGABYTE)
    for name, make in SPECIAL.items():
        make(folder / name)
    paths = [str(folder / name) for name in (*FILES, *SPECIAL)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.loading", str(NORMAL), *paths],
        capture_output=True, text=True, timeout=300, check=True, cwd=ROOT,
    )  # fmt: skip
    yield {each["file"]: each for each in map(json.loads, done.stdout.splitlines())}
    for name in FILES:
        (folder / name).unlink()


@pytest.mark.parametrize("name", [*FILES, *SPECIAL])
def test_what_no_runbook_is_costs_little(costs: dict[str, dict[str, float]], name: str) -> None:
    cost = costs[name]
    assert cost["said"], "it was accepted"
    assert cost["kib"] < MEMORY, cost
    assert cost["cpu"] < TIMES * max(costs[NORMAL.name]["cpu"], 0.01), cost


@pytest.mark.parametrize("name", FILES)
def test_no_more_is_read_than_shows_that_it_is_too_large(costs: dict[str, dict[str, float]], name: str) -> None:
    counting_itself = 1000
    assert costs[name]["read"] <= LARGEST + 1 + counting_itself


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("50-mb-of-lines", "larger than 1 MB: no runbook is, make several of it"),
        ("fifo", "fifo is no plain file — write the document to a file and name that"),
        ("zeros", "zeros is no plain file — write the document to a file and name that"),
        ("folder", "Is a directory — name a file that you can read"),
        ("socket", "No such device or address — write the document to a file and name that"),
        ("nowhere", "No such file or directory — name a file that you can read"),
        ("itself", "Too many levels of symbolic links — name a file that you can read"),
        ("small-things", "more than 25,000 keys and values: no runbook has, make several of it"),
        ("parentheses", "sql: Line 1: more than 100,000 words and signs — split it, or load the data from a table"),
    ],
)
def test_it_is_said_what_it_is_and_what_to_do(costs: dict[str, dict[str, str]], name: str, message: str) -> None:
    assert message in costs[name]["said"]
