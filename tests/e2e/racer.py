"""A program: in each round two processes begin the same run at the same moment, then two go on with it.

Rule: the modules are loaded once and the racers are forks, so that hundreds of races take seconds.
"""

import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from importlib import import_module
from pathlib import Path

from msgspec import json

from console.cli.ending import status_of
from console.storage.journal import read_records
from console.storage.lease import held_by
from console.storage.runs import list_runs
from console.storage.verify import verify

RUNBOOK = """
runbook: raced
title: Two rows, once each
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
phases:
  - id: only
    title: Only
    steps:
      - {id: one, sql: INSERT INTO t VALUES (1), undo: DELETE FROM t WHERE x = 1}
      - {id: look, manual: Look at it}
      - {id: two, sql: INSERT INTO t VALUES (2), undo: DELETE FROM t WHERE x = 2}
      - {id: last, manual: Look again}
"""
ANSWERS = "steps: {look: {note: seen}}"
HELD = "an engine is at"
BEGUN = "holds this database"
"""What is said to a loser."""
ASKS = 3
"""The exit status of both: a question has no answer, or another engine is at the run."""


LOADED = ("console.cli.headless", "console.cli.run", "console.databases.sqlite.target", "console.storage.yaml_nodes")
"""What a racer would otherwise load after the start."""


class Ground:
    """A folder for one round: a database, a runbook and no run yet."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database, self.runs = folder, folder / "main.db", folder / "runs"
        folder.mkdir()
        self._written("raced.yaml", RUNBOOK)
        self._written("answers.yaml", ANSWERS)
        self._written("none.yaml", "{}")
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("CREATE TABLE t (x)")
            connection.commit()
        os.environ["RUNBOOK_TEST_DATABASE"] = f"sqlite://{self.database}"

    def _written(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def race(self, answers: str) -> list[tuple[int, str]]:
        """Let two forks run the runbook at once; return the exit status of each and what it said."""
        waits, starts = os.pipe()
        words = ("run", "--headless", "--journal", str(self.runs), "--answers", str(self.folder / answers))
        racers = []
        for number in range(2):
            said = self.folder / f"said-{answers}-{number}"
            pid = os.fork()
            if pid == 0:
                output = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
                os.dup2(output, 1)
                os.dup2(output, 2)
                os.close(starts)
                os.read(waits, 1)  # comes back when the other end is closed: for all at once
                os._exit(status_of((*words, str(self.folder / "raced.yaml"))))
            racers.append((pid, said))
        os.close(waits)
        os.close(starts)
        ended = [(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said) for pid, said in racers]
        return [(status, said.read_text(encoding="utf-8")) for status, said in ended]

    def rows(self) -> list[int]:
        with closing(sqlite3.connect(self.database)) as connection:
            return [row[0] for row in connection.execute("SELECT x FROM t ORDER BY rowid")]


def judged(ground: Ground, said: list[tuple[int, str]], *, rows: list[int], seen: Counter[str]) -> None:
    """See that exactly one acted, nothing was lost, and whoever came second was told who is there."""
    assert ground.rows() == rows, (ground.rows(), said)
    listed = list_runs(ground.runs)
    assert len(listed) == 1, (listed, said)
    run = listed[0].run
    assert verify(run.journal).state != "broken"
    assert held_by(run.folder) is None
    events = [type(record.event).__name__ for record in read_records(run.journal)]
    assert events.count("RunStarted") == 1
    assert events.count("StepStarted") == events.count("StepSucceeded") == len(rows), events
    for status, words in said:
        assert status == ASKS, said
        assert "Traceback" not in words
        if HELD in words or BEGUN in words:
            seen["turned away"] += 1
            assert "process " in words, words
            assert " — " in words, words
        else:
            seen["ran"] += 1


def main(folder: Path, rounds: int) -> None:
    """Race so many rounds, and print what came of them."""
    for module in LOADED:
        import_module(module)
    seen: Counter[str] = Counter()
    for number in range(rounds):
        ground = Ground(folder / str(number))
        judged(ground, ground.race("none.yaml"), rows=[1], seen=seen)
        judged(ground, ground.race("answers.yaml"), rows=[1, 2], seen=seen)
    sys.stdout.buffer.write(json.encode(dict(seen)) + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
