"""From a key to its paint in a real tmux, while the database works as fast as it can, and while it does not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from console.core.evolve import fold
from console.core.state import Status
from console.storage.journal import Tail
from tests.bench.measure import Row, Size, scaled
from tests.bench.pane import Pane, Tmux, rest
from tests.bench.processes import RUNBOOK
from tests.bench.screens import at_home, end_engine

BLOCK = 10
"""Keys that are pressed before work and rest change places."""
BETWEEN_KEYS = 0.04
"""Seconds from a paint to the next key: fast fingers."""
DETAILS = ("ALFA", "BRAVO")
"""Only in the detail of the two steps that the selection goes back and forth between."""
RUNBOOK_TEXT = """runbook: pressing
title: Keys while the database works
engine: sqlite
risk: low
databases: {main: env:BENCH_DATABASE}
people: {"*": [operator]}
phases:
  - id: only
    title: Only
    any_order: true
    steps:
      - id: fill
        title: Fill every row
        backfill: {table: filled, key: id, set: {n: id * 3}, batch_size: 10000, batch_pause: 0ms}
        undo: UPDATE filled SET n = NULL WHERE id > :low AND id <= :high
      - {id: first, title: The first to look at, manual: Look at ALFA}
      - {id: second, title: The second to look at, manual: Look at BRAVO}
"""
FILLED = """
CREATE TABLE filled (id INTEGER PRIMARY KEY, n INTEGER);
WITH RECURSIVE number(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM number WHERE id < {rows})
INSERT INTO filled (id) SELECT id FROM number;
"""


def rows(size: Size) -> Iterator[Row]:
    """Measure both on one screen, in blocks that take turns; the backfill is paused for the quiet ones."""
    with Tmux() as tmux, TemporaryDirectory() as name:
        home = Path(name)
        pane = _screen(tmux, home, rows=size.rows)
        try:
            pane.press_until("Enter", "rows/s")
            pane.press("Down")
            pane.shown(DETAILS[0])
            working, resting = _blocks(pane, home, size.keys)
        finally:
            pane.close()
            end_engine(home)
    yield Row(
        what="key to paint while a backfill runs at full speed",
        against="while it is paused",
        unit="ms",
        measured=scaled(working, 1e3),
        compared=scaled(resting, 1e3),
        target="≤ 1.5",
    )


def _screen(tmux: Tmux, home: Path, *, rows: int) -> Pane:
    with closing(sqlite3.connect(home / "pressing.db")) as connection:
        connection.executescript(FILLED.format(rows=rows))
    (home / "pressing.yaml").write_text(RUNBOOK_TEXT, encoding="utf-8")
    environ = {**at_home(home), "BENCH_DATABASE": f"sqlite:{home / 'pressing.db'}"}
    pane = tmux.run((RUNBOOK, "run", str(home / "pressing.yaml")), environ)
    pane.shown("Fill every row")
    return pane


def _blocks(pane: Pane, home: Path, keys: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    working: list[float] = []
    resting: list[float] = []
    while len(working) < keys:
        number = min(BLOCK, keys - len(working))
        pane.press("p")
        pane.shown("paused by")
        resting += _keys(pane, number)
        pane.press("p")
        pane.shown("rows/s", gone="paused by")
        working += _keys(pane, number)
        _ensure_at_work(home)
    return tuple(working), tuple(resting)


def _keys(pane: Pane, number: int) -> Iterator[float]:
    for _ in range(number):
        rest(BETWEEN_KEYS)
        at_first = DETAILS[0] in pane.screen()
        at = pane.press("Down" if at_first else "Up")
        yield pane.shown(DETAILS[at_first], gone=DETAILS[not at_first]) - at


def _ensure_at_work(home: Path) -> None:
    (journal,) = home.rglob("journal.jsonl")
    state = fold(Tail(journal).read())
    if state is None or state.steps["fill"].status is not Status.RUNNING:
        raise RuntimeError("the backfill did not last as long as the keys: give it more rows")
