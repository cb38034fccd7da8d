"""What a long runbook and a long journal cost, against short ones and against the bytes alone.

Rule: it is computation, so the processor's time counts; on a busy machine what takes longer is interrupted more often.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from console.core.evolve import fold
from console.core.runbook import Runbook
from console.core.state import RunState
from console.storage.runbook_file import load
from console.views.checklist import Checklist
from console.views.detail import Tab, detail
from console.views.header import stand_row, title_row
from console.views.keys import Desk, keys
from console.views.nextup import next_up
from console.views.phases import phase_rows
from console.views.undo_price import undo_lines
from tests.bench import long_files
from tests.bench.measure import Row, Series, Size, in_turns, scaled
from tests.bench.probe import SCREENFUL, Taken
from tests.bench.processes import PYTHON, environment
from tests.source import ROOT

EVENTS_OF_A_STEP = 10
"""That a story tells of one attempt."""


def rows(size: Size) -> Iterator[Row]:
    """Measure files that are made for it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        short = long_files.write_runbook(folder / "short.yaml", steps=size.long_runbook // 100)
        long = long_files.write_runbook(folder / "long.yaml", steps=size.long_runbook)
        yield from _runbooks(long, short, size)
        yield _keys(long, short, size)
        yield from _journals(folder, short, long, size)


def _runbooks(long: Path, short: Path, size: Size) -> Iterator[Row]:
    figures = _probed(size.repeats, ("load_runbook", long), ("load_runbook", short))
    (long_time, long_peak), (short_time, short_peak) = figures
    many, few = size.long_runbook, size.long_runbook // 100
    yield _times(f"loading and checking a runbook of {many:,} steps", f"of {few} steps", long_time, short_time)
    yield _peaks(f"the same, peak memory ({many:,} steps)", f"{few} steps", long_peak, short_peak)


def _keys(long: Path, short: Path, size: Size) -> Row:
    states = [half_way(load(path).runbook) for path in (long, short)]
    found = in_turns(size.steps, *(lambda state=state: timed_view(state) for state in states))
    return Row(
        what=f"deciding about all keys and making a screenful of rows, {size.long_runbook:,} steps, CPU",
        against=f"the same, {size.long_runbook // 100} steps",
        unit="ms",
        measured=scaled(found[0], 1e3),
        compared=scaled(found[1], 1e3),
    )


def half_way(runbook: Runbook) -> RunState:
    """Return the state of a run that has done half of its steps."""
    events = long_files.story(runbook)
    state = fold(long_files.records(events, 2 + EVENTS_OF_A_STEP * (len(runbook.steps()) // 2)))
    if state is None:
        raise RuntimeError("a story begins with a record")
    return state


def timed_view(state: RunState) -> float:
    """Make what the screen shows after a key, and return the seconds of processor that took."""
    phase = next(each for each in state.runbook.phases if not state.complete(each))
    selected, desk, now = phase.steps[0].id, Desk(account=state.driver), state.at
    began = time.process_time()
    keys(state, selected, desk=desk, now=now)
    next_up(state, now=now)
    title_row(state)
    stand_row(state, account=desk.account, mode="", now=now)
    phase_rows(state, now=now)
    _ = Checklist(state, phase, now=now)[:SCREENFUL]
    detail(state, selected, Tab.STEP, now=now)
    undo_lines(state, now=now)
    return time.process_time() - began


def _journals(folder: Path, short: Path, long: Path, size: Size) -> Iterator[Row]:
    loaded = load(short)
    story = long_files.story(loaded.runbook, source=loaded.source)
    journal = long_files.write_journal(folder / "long.jsonl", story, count=size.events)
    acts = ("replay", "to_the_end", "fold_journal", "decode", "read_bytes")
    found = dict(zip(acts, _probed(size.repeats, *((act, journal) for act in acts)), strict=True))
    words = {
        "replay": f"opening a replay of {size.events:,} records, first view",
        "to_the_end": "the same, and a jump to its end",
        "fold_journal": f"verifying and folding {size.events:,} records",
    }
    against = {"decode": "decoding the lines with msgspec, no chain", "read_bytes": "reading the bytes"}
    for act, what in words.items():
        yield _times(f"{what}", against["decode"], found[act][0], found["decode"][0])
    yield _times(words["replay"], against["read_bytes"], found["replay"][0], found["read_bytes"][0])
    for other, said in against.items():
        yield _peaks(f"{words['replay']}, peak memory", said, found["replay"][1], found[other][1])
    yield _many_steps(folder, long, journal=journal, size=size)


def _many_steps(folder: Path, long: Path, *, journal: Path, size: Size) -> Row:
    loaded = load(long)
    story = long_files.story(loaded.runbook, source=loaded.source)
    other = long_files.write_journal(folder / "many.jsonl", story, count=size.events)
    (many, _), (few, _) = _probed(size.repeats, ("fold_journal", other), ("fold_journal", journal))
    what = f"verifying and folding {size.events:,} records, {size.long_runbook:,} steps"
    return _times(what, f"the same, {size.long_runbook // 100} steps", many, few)


def _probed(turns: int, *acts: tuple[str, Path]) -> tuple[tuple[Series, Series], ...]:
    """Return the seconds and the peaks in MiB of each act, every one in a process of its own."""
    peaks: list[list[float]] = [[] for _ in acts]

    def probe(index: int) -> float:
        act, path = acts[index]
        taken = _probe(act, path)
        peaks[index].append(taken.peak)
        return taken.seconds

    times = in_turns(turns, *(lambda index=index: probe(index) for index in range(len(acts))))
    return tuple((series, tuple(peak[1:])) for series, peak in zip(times, peaks, strict=True))


def _probe(act: str, path: Path) -> Taken:
    command = [PYTHON, "-m", "tests.bench.probe", act, str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment())
    return msgspec.json.decode(answer.stdout, type=Taken)


def _times(what: str, against: str, measured: Series, compared: Series) -> Row:
    return Row(
        what=f"{what}, CPU", against=against, unit="ms", measured=scaled(measured, 1e3), compared=scaled(compared, 1e3)
    )


def _peaks(what: str, against: str, measured: Series, compared: Series) -> Row:
    return Row(what=what, against=against, unit="MiB", measured=measured, compared=compared)
