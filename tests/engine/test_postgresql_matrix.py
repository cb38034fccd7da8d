"""A run on PostgreSQL that is disturbed once, at any labelled place, ends like one that was not.

Abandoned by its process; its sessions ended or its server killed; its line cut, slow or dead.
"""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import pytest

from tests.engine import faults
from tests.engine.faults import Blow, Label
from tests.engine.matrix import Matrix, Outcome
from tests.servers import proxy
from tests.servers.postgresql import Postgresql, server
from tests.servers.proxy import STATEMENT, Proxy

LABELS: tuple[Label, ...] = get_args(Label)
COMMIT = b"COMMIT\0"
NEVER = 1_000_000
GIVEN_UP_AFTER = 0.5
"""Seconds after which a dead line is noticed; in earnest it is half a minute."""
SEED = 20261121
EVERYTHING, MANY = NEVER, 40
"""Places of one kind at which the long matrix disturbs a run."""

Kind = str
Place = tuple[Kind, Label | bytes, int]
"""What happens · at a labelled place, or when the console sends these bytes · for the so many-th time."""
BLOWS: dict[Kind, Callable[[Matrix], object]] = {
    "sessions ended": lambda matrix: matrix.end_sessions(),
    "server killed": lambda matrix: killed(matrix.server),
}
LINES: dict[Kind, proxy.Fault] = {fault: fault for fault in get_args(proxy.Fault)}
ABANDONED = "abandoned"
KINDS = (ABANDONED, *BLOWS, *LINES)


def killed(struck: Postgresql) -> None:
    """Let a server die at once, and start it again."""
    struck.stop(signal.SIGQUIT)
    struck.start()


class Bench:
    """A server, and a folder for each run on it."""

    def __init__(self, folder: Path, version: str, patch: pytest.MonkeyPatch) -> None:
        self.server, self._folder, self._patch = server(version), folder, patch
        self.met: Counter[Kind] = Counter()
        self.missed: Counter[Kind] = Counter()

    @asynccontextmanager
    async def run(self, name: str) -> AsyncIterator[Matrix]:
        """Open a fresh run, and leave nothing of it in the server."""
        matrix = Matrix(self._folder / name, self.server, self._patch)
        try:
            yield matrix
        finally:
            matrix.end()

    async def undisturbed(self) -> tuple[Outcome, dict[Label | bytes, int]]:
        """Return how the run ends when nothing happens, and how often it passes each place."""
        async with self.run("undisturbed") as matrix, Proxy(self.server.port) as line:
            line.counted = {STATEMENT: 0, COMMIT: 0}
            matrix.reached_at(line.port)
            fault = Blow("after", NEVER, lambda: None)
            await matrix.to_the_end(fault)
            expected = matrix.outcome()
            assert expected.journal == "sealed"
            assert expected.happened == {"add": 3, "index": 3, "triple": 1, "promise": 1, "validate": 1}
            passed: dict[Label | bytes, int] = {label: fault.seen(label) for label in LABELS}
            passed.update(line.counted.items())
            return expected, passed

    async def disturbed(self, place: Place) -> Outcome:
        """Return how a run ends that is disturbed there."""
        kind, at, number = place
        async with self.run(f"{kind}-{at!r}-{number}".replace("\\", "")) as matrix:
            if isinstance(at, bytes):
                struck = await self._on_a_bad_line(matrix, LINES[kind], at, number)
            elif kind == ABANDONED:
                struck = not await matrix.to_the_end(faults.Fault(at, number))
                await matrix.to_the_end()
            else:
                blow = Blow(at, number, lambda: BLOWS[kind](matrix))
                await matrix.to_the_end(blow)
                struck = blow.dealt
            (self.met if struck else self.missed)[kind] += 1
            return matrix.outcome()

    async def otherwise(self, place: Place, expected: Outcome) -> list[str]:
        """Return in what a run ends otherwise that is disturbed there; when it does not end, why."""
        try:
            return (await self.disturbed(place)).other_than(expected)
        except pytest.fail.Exception as error:
            return [str(error)]

    async def _on_a_bad_line(self, matrix: Matrix, fault: proxy.Fault, at: bytes, number: int) -> bool:
        async with Proxy(self.server.port) as line:
            line.given_up_after = GIVEN_UP_AFTER
            line.strike(fault, at=at, number=number)
            matrix.reached_at(line.port)
            await matrix.to_the_end()
            return line.struck


def places(passed: dict[Label | bytes, int], kind: Kind) -> list[Place]:
    """Return every place at which that can happen."""
    ats: Iterable[Label | bytes] = (STATEMENT, COMMIT) if kind in LINES else LABELS
    return [(kind, at, number) for at in ats for number in range(1, passed[at] + 1)]


@pytest.mark.slow
async def test_a_run_disturbed_at_a_sample_of_all_places_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample is the same each time, and has every kind of it."""
    bench = Bench(tmp_path, "16", monkeypatch)
    expected, passed = await bench.undisturbed()
    chance = random.Random(SEED)  # noqa: S311 - chance that can be had again
    for kind in KINDS:
        place = chance.choice(places(passed, kind))
        found = await bench.disturbed(place)
        assert not found.other_than(expected), place


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("version", "most"), [("15", MANY), ("16", EVERYTHING), ("18", MANY)])
async def test_a_run_disturbed_at_every_place_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, version: str, most: int, kind: Kind
) -> None:
    """On one version everywhere, on the others at a sample."""
    bench, began = Bench(tmp_path, version, monkeypatch), time.monotonic()
    expected, passed = await bench.undisturbed()
    chosen = places(passed, kind)
    chosen = random.Random(SEED).sample(chosen, min(most, len(chosen)))  # noqa: S311 - to be had again
    wrong = [f"{place}: {other}" for place in chosen if (other := await bench.otherwise(place, expected))]
    took = time.monotonic() - began
    figures = f"{bench.met[kind]} of {len(chosen)} places, {len(wrong)} ended otherwise, {took:.0f} s"
    sys.stdout.write(f"PostgreSQL {version}, {kind}: {figures}\n")
    assert not wrong, "\n".join(wrong)
