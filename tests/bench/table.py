"""The figures as a Markdown table, with the machine they are of. Rule: nothing here names a host or a path."""

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import console
from tests.bench import locking
from tests.bench.measure import Row, Series, quartiles

LATEST = Path(__file__).with_name("latest.md")

_HEAD = (
    "| what | median (quartiles) | against | median (quartiles) | ratio (quartiles) | n | target |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
)


def table(rows: Iterable[Row]) -> str:
    """Return the table of all rows."""
    return "\n".join((*_HEAD, *(_line(row) for row in rows))) + "\n"


def document(rows: Sequence[Row]) -> str:
    """Return the table with the facts that a reader needs to judge it."""
    return f"{table(rows)}\n{machine()}\n"


def _line(row: Row) -> str:
    low, high = quartiles(row.ratios)
    ratio = f"**{_short(row.ratio)}** ({_short(low)}–{_short(high)})"
    cells = (
        row.what,
        _spread(row.measured, row.unit),
        row.against,
        _spread(row.compared, row.unit),
        ratio,
        str(len(row.measured)),
        row.target or "–",
    )
    return f"| {' | '.join(cells)} |"


def _spread(series: Series, unit: str) -> str:
    low, high = quartiles(series)
    return f"{_short(median(series))} {unit} ({_short(low)}–{_short(high)})"


def _short(number: float) -> str:
    """Write a number with three digits that count."""
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def machine() -> str:
    """Say what the figures were measured on and with."""
    cores = len(os.sched_getaffinity(0))
    facts = (
        f"{cores} cores ({_processor()})",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("textual", "msgspec")),
        f"SQLite {sqlite3.sqlite_version}",
        f"PostgreSQL {locking.VERSION}",
        _tmux(),
        f"Runbook Console {console.__version__}",
    )
    return (
        f"Measured in turns in one run on {', '.join(facts)}; load at the end {os.getloadavg()[0]:.1f}. "
        "A ratio is the median of those of all turns."
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1] if found else platform.machine()


def _tmux() -> str:
    return subprocess.run(["tmux", "-V"], check=True, capture_output=True, text=True).stdout.strip()
