"""A machine of its own for one test: a state folder, a database, and the processes that were started there.

Rule: whatever a test leaves running is ended, by its own process id.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from console.core.events import AnyEvent, Record
from console.core.evolve import fold
from console.core.state import RunState
from console.storage.journal import read_records
from console.storage.lease import held_by
from console.storage.runs import Run, list_runs
from console.storage.verify import Verdict, verify
from tests.e2e.terminal import DEADLINE, program, until

DATABASE = "RUNBOOK_TEST_DATABASE"
"""The variable by which the runbooks of these tests name their database."""


Tell = Callable[[str], None]
"""Prints a figure where a person sees it, also when the test passes."""


class Site:
    """A folder with a state folder in it, as an operator's home would be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "state" / "runbook" / "runs"
        self.database = folder / "main.db"
        self.environment = {
            "XDG_STATE_HOME": str(folder / "state"),
            DATABASE: f"sqlite://{self.database}",
            "RUNBOOK_DEMO_DATABASE": f"sqlite://{self.database}",
        }
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start the program without a terminal."""
        process = subprocess.Popen(
            program(*words),
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def call(self, *words: str, **environment: str) -> tuple[int, str]:
        """Run the program to its end; return its exit status and everything that it said."""
        process = self.start(*words, **environment)
        said, _ = process.communicate(timeout=DEADLINE * 5)
        return process.returncode, said

    def written(self, name: str, text: str) -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self) -> Run:
        """Return the only run there is."""
        return self.all_runs()[0]

    def all_runs(self) -> list[Run]:
        """Return the runs, the latest first."""
        return [summary.run for summary in list_runs(self.runs)]

    def readable_runs(self) -> list[Run]:
        """Return the runs that began; a process killed before the first record leaves a folder and nothing else."""
        return [summary.run for summary in list_runs(self.runs) if summary.state != "unreadable"]

    def records(self) -> list[Record]:
        """Return the journal so far; empty while there is none."""
        runs = self.readable_runs()
        return list(read_records(runs[0].journal)) if runs else []

    def events(self) -> list[AnyEvent]:
        """Return what happened so far."""
        return [record.event for record in self.records()]

    def state(self) -> RunState:
        """Return what the journal says."""
        state = fold(self.records())
        assert state is not None
        return state

    def verdict(self) -> Verdict:
        """Return whether the journal is whole."""
        return verify(self.run().journal)

    def engine(self) -> int | None:
        """Return the process that executes; None when there is none."""
        runs = self.all_runs()
        holder = held_by(runs[0].folder) if runs else None
        return holder.pid if holder and holder.pid else None

    async def engine_is_up(self) -> int:
        """Wait for an engine and return its process id."""
        await until(lambda: self.engine() is not None, what=lambda: "an engine is at work")
        return self.engine() or 0

    async def engine_is_gone(self) -> None:
        """Wait until nobody executes."""
        await until(lambda: self.engine() is None, what=lambda: "the engine has ended")

    def close(self) -> None:
        """End what is left."""
        for process in self._started:
            process.kill()
            process.communicate()
        for run in self.all_runs():
            holder = held_by(run.folder)
            if holder and holder.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(holder.pid, signal.SIGKILL)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Open a site, and leave nothing running behind."""
    opened = Site(folder)
    try:
        yield opened
    finally:
        opened.close()
