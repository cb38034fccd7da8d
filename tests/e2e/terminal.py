"""A real tmux with one pane, on a server of its own: what it shows is what an operator would see.

Rule: never waits blindly; it looks until a deadline, and shows the screen when that has passed.
"""

import asyncio
import contextlib
import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

DEADLINE = 60.0
"""Seconds; generous, because a loaded machine is slow and not broken."""
GLANCE = 0.03
"""Seconds between two looks at the screen."""
READING = 0.5
"""Seconds for which a person reads before they press a key again."""
TOO_EARLY = ("had just moved on", "came before")
"""What the program says of a key that was pressed before its meaning could be read."""
PLAIN = ("NO_COLOR", "COLUMNS", "LINES", "TERM_PROGRAM", "TMUX", "TMUX_PANE")
"""What must not leak from the developer's own terminal."""

Size = tuple[int, int]
"""Columns and rows."""
SMALL: Size = (80, 24)
LARGE: Size = (120, 36)


def program(*words: str) -> list[str]:
    """Return the command line of this very program; -P because the tests stand in a folder that has a `console`."""
    return [sys.executable, "-P", "-m", "console", *words]


async def until(found: Callable[[], bool], *, what: Callable[[], str], seconds: float = DEADLINE) -> None:
    """Look until it is so. Raises AssertionError with `what` was there instead."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what()}"
        await asyncio.sleep(GLANCE)


class Terminal:
    """One pane; a command ends and leaves its last words, until another one is started in it."""

    def __init__(self, *, size: Size = SMALL, term: str = "tmux-256color") -> None:
        self.name = f"e2e-{uuid4().hex[:12]}"
        environment = {name: value for name, value in os.environ.items() if name not in PLAIN}
        self._environment = environment | {"LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        self._tmux(
            "-f",
            os.devnull,
            "-u",
            "new-session",
            "-d",
            "-s",
            "main",
            "-x",
            str(size[0]),
            "-y",
            str(size[1]),
            "exec sleep 1d",
        )
        for option in (("status", "off"), ("remain-on-exit", "on"), ("default-terminal", term)):
            self._tmux("set-option", "-g", *option)

    def start(self, words: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        """Start a command in the pane, in place of whatever runs there."""
        given = [f"{name}={value}" for name, value in {"TEXTUAL_ANIMATIONS": "none", **environment}.items()]
        without = [f"-u{name}" for name in PLAIN[:3] if name not in environment]
        line = shlex.join(["exec", "env", *without, *given, *words])
        self._tmux("respawn-pane", "-k", "-t", "main", "-c", str(folder), line)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return self._tmux("capture-pane", "-p", "-t", "main")

    @property
    def painted(self) -> str:
        """What the screen shows, with its colours."""
        return self._tmux("capture-pane", "-e", "-p", "-t", "main")

    @property
    def size(self) -> Size:
        """Columns and rows of the pane."""
        columns, rows = self._pane("#{pane_width} #{pane_height}").split()
        return int(columns), int(rows)

    @property
    def pid(self) -> int:
        """The process in the pane."""
        return int(self._pane("#{pane_pid}"))

    @property
    def ended(self) -> int | None:
        """The exit status of the command; None while it runs. 128 + n when signal n ended it."""
        dead, status, number = self._pane("#{pane_dead},#{pane_dead_status},#{pane_dead_signal}").split(",")
        if dead != "1":
            return None
        if not (status or number):
            # tmux now and then misses how a child ended, until another one ends.
            self._tmux("run-shell", "true")
            return None
        return int(status) if status else 128 + int(number)

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: Enter, Tab, Escape, Down, C-p, F10."""
        self._tmux("send-keys", "-t", "main", *names)

    def type(self, text: str) -> None:
        """Type text, character by character as it stands there."""
        self._tmux("send-keys", "-t", "main", "-l", "--", text)

    async def wait_for(self, *texts: str, seconds: float = DEADLINE) -> str:
        """Wait until all the texts are on the screen, and return it."""
        await self.wait_until(lambda screen: all(text in screen for text in texts), f"shows {texts}", seconds=seconds)
        return self.text

    async def press(self, key: str, *texts: str) -> str:
        """Press a key and wait for the texts; press again only where the program says that it came too early."""
        await self.press_until(key, lambda: all(text in self.text for text in texts), f"shows {texts}")
        return self.text

    async def press_until(self, key: str, effect: Callable[[], bool], what: str) -> None:
        """Press a key and wait for its effect; press again only where the program says that it came too early."""
        deadline = time.monotonic() + DEADLINE
        self.keys(key)
        while time.monotonic() < deadline:
            await until(lambda: effect() or self._too_early(), what=lambda: f"{what}; on the screen:\n{self.text}")
            if effect():
                return
            await asyncio.sleep(READING)
            if not effect():
                self.keys(key)
        raise AssertionError(f"{what}, however often {key} is pressed; on the screen:\n{self.text}")

    def _too_early(self) -> bool:
        return any(words in self.text for words in TOO_EARLY)

    async def wait_gone(self, *texts: str, seconds: float = DEADLINE) -> str:
        """Wait until none of the texts is on the screen, and return it."""
        await self.wait_until(
            lambda screen: not any(text in screen for text in texts), f"lost {texts}", seconds=seconds
        )
        return self.text

    async def wait_until(self, found: Callable[[str], bool], what: str, *, seconds: float = DEADLINE) -> None:
        """Wait until the screen is as it should be, or the command has ended and cannot make it so any more."""
        over = False

        def settled() -> bool:
            nonlocal over
            over = self.ended is not None
            return found(self.text) or over

        await until(settled, what=lambda: f"{what}; on the screen:\n{self.text}", seconds=seconds)
        assert not over or found(self.text), f"{what}; it ended with {self.ended}:\n{self.text}"

    async def wait_end(self, *, seconds: float = DEADLINE) -> int:
        """Wait until the command has ended and return its exit status."""
        await until(lambda: self.ended is not None, what=lambda: f"it ends\n{self.text}", seconds=seconds)
        return self.ended or 0

    def resize(self, size: Size) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-t", "main", "-x", str(size[0]), "-y", str(size[1]))

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the process in the pane, if it has not ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill_session(self) -> None:
        """End the session as an operator would by accident."""
        self._tmux("kill-session", "-t", "main")

    def detach(self) -> None:
        """Send every client home."""
        self._tmux("detach-client", "-s", "main")

    @property
    def clients(self) -> int:
        """How many clients are attached."""
        return len(self._tmux("list-clients", "-t", "main").splitlines())

    @contextmanager
    def attached(self, *, size: Size) -> Iterator[None]:
        """Attach a client in a terminal of its own, whose size the window then has, for as long as the block lasts."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (size[1], size[0]))
        self._tmux("set-option", "-w", "-t", "main", "window-size", "latest")
        command = ["tmux", "-u", "-L", self.name, "attach", "-t", "main"]
        client = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=self._environment | {"TERM": "screen"}
        )
        os.close(theirs)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, _drain, loop, ours)
        try:
            yield
        finally:
            loop.remove_reader(ours)
            os.close(ours)
            client.kill()
            client.wait()

    def close(self) -> None:
        """End the server and everything in it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")

    def _pane(self, what: str) -> str:
        return self._tmux("display-message", "-p", "-t", "main", what).strip()

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.name, *words], env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout


def _drain(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    """Read what the client paints, so that it never waits for us; a client that has gone home paints no more."""
    try:
        os.read(descriptor, 1 << 16)
    except OSError:
        loop.remove_reader(descriptor)


@asynccontextmanager
async def terminal(*, size: Size = SMALL, term: str = "tmux-256color") -> AsyncIterator[Terminal]:
    """Open a terminal, and close it whatever happens."""
    opened = Terminal(size=size, term=term)
    try:
        yield opened
    finally:
        opened.close()
