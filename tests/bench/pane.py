"""A real tmux, looked at every millisecond or two through its control mode. Rule: to look costs no process."""

import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

COLUMNS, LINES = 120, 36
PATIENCE = 60.0
"""Seconds after which what does not show up never will."""
BETWEEN_LOOKS = 0.001
BETWEEN_TRIES = 0.3
"""Seconds."""


class NotShown(Exception):
    """A text did not appear; carries the screen as it was."""


class Tmux:
    """A server of its own, without anybody's configuration; ends with the `with` block."""

    def __init__(self) -> None:
        self._name = f"runbook-bench-{os.getpid()}"

    def __enter__(self) -> Self:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", "-C"]
        command += ["new-session", "-x", str(COLUMNS), "-y", str(LINES), "cat"]
        environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"LANG": "C.UTF-8", **environ}
        )
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._block()
        # A window size that is set by hand makes tmux 3.3 crash with a client of this mode.
        self.ask(f"refresh-client -f no-output -C {COLUMNS}x{LINES}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run(["tmux", "-L", self._name, "kill-server"], check=False, capture_output=True)
        self._process.communicate()

    def ask(self, command: str) -> list[str]:
        """Have tmux carry out a command and return the lines of its answer; raises RuntimeError when it refuses."""
        question = cast("IO[bytes]", self._process.stdin)
        question.write(f"{command}\n".encode())
        question.flush()
        return self._block()

    def _block(self) -> list[str]:
        """Read up to the end of the next answer; what tmux tells unasked is passed over."""
        lines: list[str] | None = None
        while line := self._answers.readline():
            text = line.decode("utf-8", "replace").rstrip("\n")
            if lines is None:
                lines = [] if text.startswith("%begin ") else None
            elif text.startswith("%end "):
                return lines
            elif text.startswith("%error "):
                raise RuntimeError(f"tmux: {' '.join(lines)}")
            else:
                lines.append(text)
        raise RuntimeError("tmux ended")

    def run(self, command: Sequence[str], environ: dict[str, str]) -> "Pane":
        """Start a command in a window of its own."""
        words = ["env", "-i", *(f"{name}={value}" for name, value in environ.items()), *command]
        quoted = " ".join(f"'{word}'" for word in words)
        began = time.perf_counter()
        answer = self.ask(f"new-window -P -F '#{{pane_id}} #{{pane_pid}}' {quoted}")
        pane, pid = answer[0].split()
        return Pane(self, pane, pid=int(pid), began=began)


class Pane:
    """A program in a window."""

    def __init__(self, tmux: Tmux, name: str, *, pid: int, began: float) -> None:
        self.pid, self.began = pid, began
        """`began` is when it was started, on the clock of `time.perf_counter`."""
        self._tmux, self._name = tmux, name

    def screen(self) -> str:
        return "\n".join(self._tmux.ask(f"capture-pane -p -t {self._name}"))

    def press(self, *keys: str) -> float:
        """Press keys by the names that tmux has for them; return when."""
        at = time.perf_counter()
        self._tmux.ask(f"send-keys -t {self._name} {' '.join(keys)}")
        return at

    def shown(self, text: str, *, gone: str = "") -> float:
        """Wait until a text is on the screen, and another one is not; return when. Raises NotShown."""
        deadline = time.perf_counter() + PATIENCE
        while True:
            screen, now = self.screen(), time.perf_counter()
            if text in screen and not (gone and gone in screen):
                return now
            if now > deadline:
                raise NotShown(f"{text!r} is not on the screen:\n{screen}")
            rest(BETWEEN_LOOKS)

    def press_until(self, key: str, text: str) -> None:
        """Press a key again and again until a text is on the screen: keys are dropped while the selection is new."""
        deadline = time.perf_counter() + PATIENCE
        while text not in self.screen():
            if time.perf_counter() > deadline:
                raise NotShown(f"{key} does not bring {text!r} to the screen:\n{self.screen()}")
            self.press(key)
            rest(BETWEEN_TRIES)

    def close(self) -> None:
        """Kill it and wait until it is gone."""
        self._tmux.ask(f"kill-window -t {self._name}")
        while Path(f"/proc/{self.pid}").exists():
            rest(BETWEEN_LOOKS)


def rest(seconds: float) -> None:
    """Let others have the processor."""
    select.select([], [], [], seconds)
