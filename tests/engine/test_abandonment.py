"""A run that is abandoned anywhere and gone on with ends like one that was not."""

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from console.databases import demo
from console.storage.runbook_file import load
from console.storage.verify import verify
from tests.engine.faults import Fault, Label
from tests.engine.rig import Rig, content, ledger

RUNBOOKS = Path(__file__).parents[2] / "runbooks"
DEMO = RUNBOOKS / "demo-users-org-id.yaml"
ANSWERS = RUNBOOKS / "answers" / "demo-users-org-id.yaml"
LABELS: tuple[Label, ...] = ("after", "before", "sent", "committed")
SAMPLE = 24


def rig(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Return the demo on a small database of its own."""
    folder.mkdir()
    demo.build(folder / "demo.db", accounts=30, users=300)
    runbook = folder / "demo.yaml"
    runbook.write_text(DEMO.read_text().replace("batch_size: 2000", "batch_size: 40"))
    monkeypatch.setenv("RUNBOOK_DEMO_DATABASE", f"sqlite:///{folder / 'demo.db'}")
    answers = folder / "answers.yaml"
    answers.write_text(ANSWERS.read_text().replace(load(DEMO).plan_digest, load(runbook).plan_digest))
    return Rig(folder, runbook, answers=answers)


async def undisturbed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, dict[Label, int]]:
    """Return how the demo ends when nothing happens to it, and how many places of each label it passes."""
    demo_rig = rig(folder, monkeypatch)
    fault = Fault("after", 1_000_000)
    running = await demo_rig.engine(fault)
    end = await running.pilot()
    await running.engine.finish()
    await running.die()
    assert end.status == 0, end.text
    database = folder / "demo.db"
    return content(database), ledger(database), {label: fault.seen(label) for label in LABELS}


async def abandoned(folder: Path, monkeypatch: pytest.MonkeyPatch, label: Label, number: int) -> tuple[Any, Any]:
    """Return how the demo ends when its process dies once at that place and a new one goes on."""
    demo_rig = rig(folder, monkeypatch)
    assert await demo_rig.until_abandoned(Fault(label, number)), f"{label} {number} was not passed"
    journal = next((folder / "runs").glob("*/journal.jsonl"))
    if verify(journal).state != "sealed":
        end = await demo_rig.to_the_end()
        assert end.status == 0, f"{label} {number}: {end.text}"
    assert verify(journal).state == "sealed"
    return content(folder / "demo.db"), ledger(folder / "demo.db")


async def compare(places: list[tuple[Label, int]], expected: Any, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    """Abandon the demo at each place and compare how it ends."""
    for label, number in places:
        found = await abandoned(tmp_path / f"{label}-{number}", patch, label, number)
        assert found == expected, f"abandoned at {label} {number}"


@pytest.mark.slow
async def test_the_demo_abandoned_at_a_sample_of_all_places_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample is the same each time and has every label in it."""
    *expected, passed = await undisturbed(tmp_path / "undisturbed", monkeypatch)
    places = [(label, number) for label in LABELS for number in range(1, passed[label] + 1)]
    sampled = random.Random(7).sample(places, SAMPLE)  # noqa: S311
    chosen = list(dict.fromkeys([*((label, passed[label]) for label in LABELS), *sampled]))
    await compare(chosen, tuple(expected), tmp_path, monkeypatch)


@pytest.mark.soak
async def test_the_demo_abandoned_at_every_place_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After and before every record, before and after every commit."""
    *expected, passed = await undisturbed(tmp_path / "undisturbed", monkeypatch)
    sys.stdout.write(f"abandoned at every place: {passed}\n")
    places = [(label, number) for label in LABELS for number in range(1, passed[label] + 1)]
    await compare(places, tuple(expected), tmp_path, monkeypatch)
