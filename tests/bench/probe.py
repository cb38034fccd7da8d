"""`python -m tests.bench.probe ACT FILE`: does one thing in a process of its own and tells what it took.

Rule: what is loaded before is the same for every act, so that only the act differs.
"""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from console.core.events import AnyEvent
from console.core.evolve import fold
from console.sessions import Replay
from console.storage.journal import read_records
from console.storage.runbook_file import load
from console.views.phases import phase_rows
from console.views.timeline import Timeline

SCREENFUL = 40
"""Rows of a tall terminal."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What the act took."""

    seconds: float
    """Of processor."""
    peak: float
    """The most memory that the process had, in MiB."""


def load_runbook(path: Path) -> object:
    """Read a runbook with all its checks, as `runbook check` does."""
    return load(path)


def read_bytes(path: Path) -> object:
    """Read a journal without looking at it."""
    return path.read_bytes()


def decode(path: Path) -> object:
    """Turn every line into an event, and nothing else."""
    decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
    with path.open("rb") as file:
        return [decoder.decode(line) for line in file]


def fold_journal(path: Path) -> object:
    """Verify the chain and fold it into a state, as an engine does that goes on with a run."""
    return fold(read_records(path))


def replay(path: Path) -> object:
    """Open a replay and make what its first screen shows."""
    film = Replay.open(path, account="op1")
    return film, first_view(film)


def to_the_end(path: Path) -> object:
    """Open a replay, jump to its end, and make what the screen shows there."""
    film = Replay.open(path, account="op1")
    film.seek(len(film.film))
    return film, first_view(film)


def first_view(film: Replay) -> object:
    if film.state is None:
        raise RuntimeError("a replay begins at its first record")
    timeline = Timeline(film.film, film.state.runbook)
    return timeline[film.position - 1 : film.position + SCREENFUL], phase_rows(film.state, now=film.now())


ACTS: dict[str, Callable[[Path], object]] = {
    act.__name__: act for act in (load_runbook, read_bytes, decode, fold_journal, replay, to_the_end)
}


def main() -> None:
    act, path = ACTS[sys.argv[1]], Path(sys.argv[2])
    began = time.process_time()
    kept = act(path)
    taken = Taken(seconds=time.process_time() - began, peak=_peak())
    sys.stdout.buffer.write(msgspec.json.encode(taken))
    del kept


def _peak() -> float:
    """Return the high-water mark of this process's own memory; that of getrusage counts its parent's too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise RuntimeError("the kernel does not tell how much memory was used")
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
