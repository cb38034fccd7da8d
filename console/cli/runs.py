"""`runbook runs`: which runs there are. Rule: a journal that cannot be read is listed as that."""

import sys
from argparse import ArgumentParser, Namespace

from console.cli import which_run
from console.storage.runs import Summary, list_runs
from console.views.json_text import as_json
from console.views.text import cells, one_line

NAME = "runs"
HELP = "List the runs, the latest first."
_COLUMNS = ("run", "state", "steps", "environment", "started", "title")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    which_run.place(parser)


def execute(arguments: Namespace) -> int:
    """Print them."""
    folder = which_run.folder(arguments)
    listed = list_runs(folder)
    if arguments.json:
        sys.stdout.buffer.write(as_json([_plain(each) for each in listed]))
    elif listed:
        sys.stdout.write("\n".join(table([_COLUMNS, *(_row(each) for each in listed)])) + "\n")
    else:
        print(f"no run in {one_line(str(folder))}")
    return 0


def _row(each: Summary) -> tuple[str, ...]:
    steps = f"{each.done}/{each.steps}" if each.steps else ""
    started = f"{each.started:%Y-%m-%d %H:%M}" if each.started else ""
    return (each.run.id, each.state, steps, each.environment, started, each.title or each.trouble)


def _plain(each: Summary) -> dict[str, object]:
    return {
        "run": each.run.id,
        "state": each.state,
        "title": each.title,
        "environment": each.environment,
        "target": each.target,
        "started": each.started,
        "steps_done": each.done,
        "steps": each.steps,
        "engine": each.holder,
        "trouble": each.trouble,
        "journal": str(each.run.journal),
    }


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Return lines with the columns below each other."""
    shown = [tuple(one_line(cell) for cell in row) for row in rows]
    widths = [max(cells(cell) for cell in column) for column in zip(*shown, strict=True)]
    return [
        "  ".join(cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
