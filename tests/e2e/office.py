"""A machine on which an operator keeps a run, and other accounts come by.

Rule: everything is done in somebody's name; nothing stays running.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.accounts import Account, Accounts
from tests.e2e.balances import open_accounts
from tests.e2e.site import Site
from tests.e2e.terminal import DEADLINE, program

SPEAKER = Path(__file__).with_name("speaker.py")
RUNBOOK = """
runbook: shared
title: Triple every balance, with colleagues
engine: sqlite
risk: low
databases: {{main: env:RUNBOOK_TEST_DATABASE}}
people: {{"*": [operator], {colleague}: [reviewer], {nameless}: [reviewer]}}
phases:
  - id: before
    title: Before
    steps:
      - {{id: approved, title: Approved, sign_off: The balances may be tripled}}
  - id: after
    title: After
    steps:
      - {{id: enough, title: Enough rows, check: SELECT count(*) FROM accounts, expect: {{at_least: 1}}}}
"""


class Office(Site):
    """A machine on which the operator keeps a run that others may share."""

    def __init__(self, folder: Path, people: Accounts) -> None:
        super().__init__(folder)
        self.people, self.runs = people, folder / "shared" / "runs"
        self.journal = ("--journal", str(self.runs))
        nameless = json.dumps(people.nameless.name)
        text = RUNBOOK.format(colleague=people.colleague.name, nameless=nameless)
        self.runbook = self.written("shared.yaml", text)
        self.runbook.chmod(0o644)
        open_accounts(self.database, rows=10)
        for path in folder.glob("main.db*"):
            self.give(people.operator, path)

    def give(self, owner: Account, path: Path) -> None:
        os.chown(path, owner.uid, owner.gid)

    def ask(self, who: Account, *words: str) -> tuple[int, str]:
        """Carry out a verb in somebody's name."""
        return who.call(*words, folder=self.folder, **self.environment)

    @contextmanager
    def engine_of(self, who: Account, *options: str, umask: int = 0o077) -> Iterator[int]:
        """Have an engine at the run, started by somebody with that umask, and give its process id."""
        started = subprocess.Popen(
            who.words(*program("engine", *self.journal, *options, str(self.runbook))),
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            umask=umask,
            text=True,
        )
        try:
            assert started.stdout is not None
            said = started.stdout.readline()
            assert '"Ready"' in said, said
            yield started.pid
        finally:
            started.kill()
            started.communicate()

    def says(self, who: Account, *lines: str) -> tuple[int, list[str]]:
        """Send lines to the socket as they are; return the exit status and an answer for each."""
        folder = self.run().folder
        done = subprocess.run(
            who.words(sys.executable, "-P", "-S", "-E", str(SPEAKER), str(folder / "engine.sock")),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()

    def modes(self) -> dict[str, tuple[str, int]]:
        """Return mode and group of the run's folder and of everything in it."""
        folder = self.run().folder
        found = {path.name if path != folder else ".": path.stat() for path in (folder, *folder.iterdir())}
        return {name: (f"{stat.S_IMODE(each.st_mode):o}", each.st_gid) for name, each in found.items()}
