"""The runbooks that come with the program, on their real database: to the end, and each phase back and forth again."""

from pathlib import Path

import pytest

from console.databases import demo
from console.storage.runbook_file import load
from console.storage.verify import verify
from tests.engine.rig import content
from tests.runbooks.journeys import FOLDER, driven, rig, undone

RUNBOOKS = sorted(FOLDER.glob("*.yaml"))


def way_back(path: Path) -> list[str]:
    """Return the phases before the point of no return."""
    found: list[str] = []
    for phase in load(path).runbook.phases:
        if phase.point_of_no_return is not None:
            break
        found.append(phase.id)
    return found


PHASES = [(path, phase) for path in RUNBOOKS for phase in way_back(path)]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "demo.db"
    demo.build(path, accounts=30, users=300)
    monkeypatch.setenv("RUNBOOK_DEMO_DATABASE", f"sqlite:///{path}")
    return path


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("database")
async def test_a_runbook_runs_to_its_end(tmp_path: Path, path: Path) -> None:
    end = await rig(tmp_path, path).to_the_end()
    assert end.status == 0, end.text
    (journal,) = (tmp_path / "runs").glob("*/journal.jsonl")
    assert verify(journal).state == "sealed"


@pytest.mark.usefixtures("database")
async def test_the_runbooks_run_one_after_the_other_on_one_database(tmp_path: Path) -> None:
    for path in reversed(RUNBOOKS):
        end = await rig(tmp_path, path).to_the_end()
        assert end.status == 0, f"{path.stem}: {end.text}"


@pytest.mark.parametrize(("path", "phase"), PHASES, ids=lambda value: getattr(value, "stem", value))
async def test_a_phase_can_be_taken_back_and_leaves_no_trace(
    tmp_path: Path, database: Path, path: Path, phase: str
) -> None:
    """Its undo assumes that no later phase ran; afterwards it can be done again, to the end."""
    running = await rig(tmp_path, path).engine()
    await driven(running, before=phase)
    before = content(database)
    await driven(running, through=phase)
    await undone(running, phase)
    assert content(database) == before
    assert all(passed for *_, passed in running.state.verified[phase].checks)
    end = await running.to_the_end()
    await running.die()
    assert end.status == 0, end.text
