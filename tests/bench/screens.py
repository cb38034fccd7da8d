"""From the start of the program to its first screen in a real tmux, against the least that Textual can do."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from console.core.events import EngineStarted
from console.storage.journal import Tail
from tests.bench import bare_app
from tests.bench.measure import Row, Size, in_turns, scaled
from tests.bench.pane import BETWEEN_LOOKS, Pane, Tmux, rest
from tests.bench.processes import PYTHON, RUNBOOK, Cost, cpu_so_far, environment

FIRST = "Runbook Console"
"""On the first screen, before there is a run to show."""
THERE = "Pre-flight"
"""On the screen of the demo's run: its first phase."""
TARGET = "≤ 1.5"


def rows(size: Size) -> Iterator[Row]:
    """Measure screens, each in a window of its own, on a state of its own or at an engine that lives."""
    with Tmux() as tmux, TemporaryDirectory() as name:
        folder = Path(name)
        states = (folder / f"state-{number}" for number in range(10_000))
        with living_engine(tmux, folder / "living") as home:
            acts: dict[str, Callable[[], Opening]] = {
                "a fresh state (220,000 rows are made first)": lambda: open_demo(tmux, next(states)),
                "attaching to an engine that lives": lambda: open_demo(tmux, home, leave=True),
                "bare": lambda: open_bare(tmux),
            }
            found = _in_turns(size.screens, acts)
    bare = found.pop("bare")
    for name, mine in found.items():
        yield from _rows(name, mine, bare)


class Opening:
    """What one start took until something was painted, and until the run was there."""

    def __init__(self, *, painted: Cost, there: Cost) -> None:
        self.painted, self.there = painted, there


def _in_turns(turns: int, acts: dict[str, Callable[[], Opening]]) -> dict[str, list[Opening]]:
    found: dict[str, list[Opening]] = {name: [] for name in acts}

    def act(name: str) -> float:
        found[name].append(acts[name]())
        return found[name][-1].painted.wall

    in_turns(turns, *(lambda name=name: act(name) for name in acts))
    return {name: openings[1:] for name, openings in found.items()}


def _rows(name: str, mine: list[Opening], bare: list[Opening]) -> Iterator[Row]:
    measured: dict[str, tuple[Callable[[Opening], float], str]] = {
        "first paint, wall": (lambda each: each.painted.wall, TARGET),
        "first paint, CPU": (lambda each: each.painted.cpu, TARGET),
        "the run is shown, wall": (lambda each: each.there.wall, ""),
        "the run is shown, CPU of the screen": (lambda each: each.there.cpu, ""),
    }
    for what, (figure, target) in measured.items():
        yield Row(
            what=f"`runbook demo`, {name}: {what}",
            against=f"a bare Textual application, painted, {'wall' if 'wall' in what else 'CPU'}",
            unit="ms",
            measured=scaled(tuple(map(figure, mine)), 1e3),
            compared=scaled(tuple(map(figure, bare)), 1e3),
            target=target,
        )


def open_bare(tmux: Tmux) -> Opening:
    pane = tmux.run((PYTHON, "-P", bare_app.__file__), at_home(Path("/nonexistent")))
    painted = _when(pane, bare_app.MARKER)
    pane.close()
    return Opening(painted=painted, there=painted)


def open_demo(tmux: Tmux, home: Path, *, leave: bool = False) -> Opening:
    """Open the demo and close it again; its engine ends too, unless it is to be left alone."""
    pane = tmux.run((RUNBOOK, "demo"), at_home(home))
    painted, there = _when(pane, FIRST), _when(pane, THERE)
    pane.close()
    if not leave:
        end_engine(home)
    return Opening(painted=painted, there=there)


def _when(pane: Pane, text: str) -> Cost:
    at = pane.shown(text)
    return Cost(wall=at - pane.began, cpu=cpu_so_far(pane.pid))


def at_home(home: Path) -> dict[str, str]:
    """Return the environment of a program in a window of tmux; `home` is where it keeps its state."""
    return environment(TERM="screen-256color", XDG_STATE_HOME=str(home), LANG="C.UTF-8")


@contextmanager
def living_engine(tmux: Tmux, home: Path) -> Iterator[Path]:
    """Keep the demo's engine alive by a connection that only listens; gives its home."""
    pane = tmux.run((RUNBOOK, "demo"), at_home(home))
    pane.shown(THERE)
    with socket.socket(socket.AF_UNIX) as ear:
        ear.connect(str(next(home.rglob("engine.sock"))))
        pane.close()
        try:
            yield home
        finally:
            end_engine(home)


def end_engine(home: Path) -> None:
    """End the engine whose run is kept below a folder, and wait until it is gone."""
    (journal,) = home.rglob("journal.jsonl")
    pid = next(record.event.pid for record in Tail(journal).read() if isinstance(record.event, EngineStarted))
    os.kill(pid, signal.SIGTERM)
    deadline = time.perf_counter() + 30
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        if time.perf_counter() > deadline:
            raise RuntimeError("the engine did not end")
        rest(BETWEEN_LOOKS)
