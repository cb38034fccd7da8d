"""Processes, and what the kernel says they cost. Rule: the kernel counts, not the process itself."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
RUNBOOK = str(Path(sys.executable).with_name("runbook"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took from its start to its end, in seconds."""

    wall: float
    cpu: float
    """User and system time together."""


def cost(command: Sequence[str], *, environ: Mapping[str, str] = os.environ, status: int = 0) -> Cost:
    """Run a command to its end without a terminal; raises RuntimeError when its exit status is another."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        redirected = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1)]
        began = time.perf_counter()
        pid = os.posix_spawn(command[0], list(command), dict(environ), file_actions=redirected)
        _, ended, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
    finally:
        os.close(null)
    if os.waitstatus_to_exitcode(ended) != status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(ended)}, not {status}")
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime)


def cpu_so_far(pid: int) -> float:
    """Return the seconds that all threads of a living process have had a processor for."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def environment(**changes: str) -> dict[str, str]:
    """Return an environment that no variable of the developer's terminal reaches."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return {**kept, **changes}
