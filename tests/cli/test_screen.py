"""Where no screen can be drawn, a person is told instead of left in front of an empty one."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import ROOT

JOURNAL = ROOT / "tests" / "journals" / "aborted.jsonl"


def replay(*, stderr: int | None, **environment: str) -> tuple[int, str]:
    """Open a screen in a terminal, with stderr led to a file or left there; return its status and what was told."""
    ours, theirs = pty.openpty()
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "console", "replay", str(JOURNAL)],
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs if stderr is None else stderr,
            text=True,
            timeout=30,
            check=False,
        )
        return answer.returncode, os.read(ours, 10_000).decode() if stderr is None else answer.stderr
    finally:
        os.close(theirs)
        os.close(ours)


def test_a_screen_is_not_drawn_into_a_file() -> None:
    status, told = replay(stderr=subprocess.PIPE)
    assert status == 2
    assert told == "runbook: the screen is drawn on stderr, and that is led elsewhere — leave out 2>\n"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_without_lines_is_told_how_to_have_them(encoding: str, tmp_path: Path) -> None:
    status, told = replay(stderr=None, PYTHONIOENCODING=encoding, XDG_STATE_HOME=str(tmp_path))
    assert status == 2
    assert "set LC_ALL=C.UTF-8; or --text prints the timeline" in told
