"""`runbook demo`: the demo runbook on a database of its own.

Rule: an open demo run is gone on with, a finished one begins anew.
"""

import os
from argparse import ArgumentParser, Namespace
from importlib.resources import files
from pathlib import Path

from console.cli import run

NAME = "demo"
HELP = "Take the demo through its phases on an embedded SQLite database."
RUNBOOK = "demo-users-org-id"
DATABASE = "RUNBOOK_DEMO_DATABASE"


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--headless", action="store_true", help="run it through without a screen")
    parser.add_argument("--journal", metavar="DIR", help="where runs and the database are kept")
    parser.add_argument("--fresh", action="store_true", help="abandon an open demo run and begin anew")


def execute(arguments: Namespace) -> int:
    """Make the database if need be and run the demo's runbook on it."""
    runbooks = _runbooks()
    answers = runbooks / "answers" / f"{RUNBOOK}.yaml"
    return run.execute(
        Namespace(
            file=str(runbooks / f"{RUNBOOK}.yaml"),
            env=None,
            journal=arguments.journal,
            group=None,
            take_over=arguments.fresh,
            headless=arguments.headless,
            answers=str(answers) if arguments.headless else None,
        ),
        before=lambda: _provide(arguments),
    )


def _runbooks() -> Path:
    """Return the folder of the runbooks that come with the program: in the wheel, or beside it in a checkout."""
    here = Path(str(files("console")))
    inside = here / "runbooks"
    return inside if inside.is_dir() else here.parent / "runbooks"


def _provide(arguments: Namespace) -> None:
    """Make the database if need be, and tell the runbook where it is."""
    os.environ[DATABASE] = f"sqlite:///{_database(arguments).as_posix().lstrip('/')}"


def _database(arguments: Namespace) -> Path:
    """Return the demo's database, built anew unless an open run is at work on it."""
    from console.databases import demo
    from console.storage import runs

    folder = runs.runs_folder(os.environ, journal=arguments.journal and Path(arguments.journal))
    path = folder.parent / "demo" / "demo.db"
    still_open = any(
        each.state not in ("finished", "aborted", "unreadable") and each.run.id.startswith(RUNBOOK)
        for each in runs.list_runs(folder)
    )
    if path.exists() and still_open and not arguments.fresh:
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    demo.build(path)
    return path
