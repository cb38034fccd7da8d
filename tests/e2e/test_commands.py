"""An engine that is killed leaves its command at work, and the next one has what became of it."""

import signal
import sqlite3
from contextlib import closing

import pytest
from msgspec import json

from console.core import events as e
from tests.e2e.site import Site
from tests.e2e.terminal import until

pytestmark = pytest.mark.e2e

RUNBOOK = """
runbook: tool
title: A tool
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
people: {"*": [operator]}
announce: [{command: [sh, -c, "cat >> announced; echo >> announced", it]}]
phases:
  - id: work
    title: Work
    steps:
      - id: tool
        shell: |
          echo x >> begun
          while [ ! -e go ]; do sleep 0.05; done
          echo came to its end
          yes | head -c 300000
        through: sh
        undo: rm begun
        expect: {output: came to its end}
"""


async def test_a_kill_of_the_engine_costs_neither_the_command_nor_its_outcome(here: Site) -> None:
    with closing(sqlite3.connect(here.database)) as database:
        database.execute("CREATE TABLE t (x)")
    words = ("run", str(here.written("tool.yaml", RUNBOOK)), "--headless")
    begun, announced = here.folder / "begun", here.folder / "announced"
    first = here.start(*words)
    await until(begun.exists, what=lambda: "the command is at work")
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = here.start(*words)
    await until(
        lambda: sum(isinstance(each, e.EngineStarted) for each in here.events()) == 2, what=lambda: "it is back"
    )
    (here.folder / "go").touch()
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert begun.read_text() == "x\n"
    (settled,) = [each for each in here.events() if isinstance(each, e.StepSettled)]
    assert settled.happened == "yes"
    assert settled.evidence.startswith("exit status 0 after")
    assert here.verdict().state == "sealed"
    told = [json.decode(line)["event"] for line in announced.read_text().splitlines()]
    assert [each for each in told if each != "opened"] == ["phase_done", "closed"]
    assert "opened" in told
    assert here.run().journal.stat().st_size < 100_000
