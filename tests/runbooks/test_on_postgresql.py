"""The runbooks for PostgreSQL on real servers: forward, back phase by phase, and to the end that plain SQL has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.storage.verify import verify
from tests.engine.rig import Running
from tests.runbooks.journeys import FOLDER, driven, finished, rig, undone
from tests.runbooks.shops import Shop

RUNBOOKS = {path.stem: path for path in sorted((FOLDER / "postgresql").glob("*.yaml"))}
EXPECTED = Path(__file__).with_name("expected")
EVERYWHERE = ("index", "not-null")
"""What is run on every version each day; the others are on 16."""
RANDOM = {"default": ("orders",)}
"""Tables whose rows are never twice the same."""


def _on(version: str, name: str) -> object:
    daily = version == "16" or name in EVERYWHERE
    return pytest.param(version, name, id=f"{name}-{version}", marks=() if daily else pytest.mark.soak)


@pytest.fixture
def shops() -> Iterator[list[Shop]]:
    made: list[Shop] = []
    yield made
    for shop in made:
        shop.drop()


def opened(shops: list[Shop], version: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Shop:
    """Return a new shop, which is the one that runbooks and the programs that they call mean."""
    shop = Shop(version)
    shops.append(shop)
    for name, value in {**shop.environment(), "BACKUP_FOLDER": str(folder)}.items():
        monkeypatch.setenv(name, value)
    return shop


@pytest.mark.slow
@pytest.mark.parametrize(("version", "name"), [_on(each, name) for each in ("15", "16", "18") for name in RUNBOOKS])
async def test_a_runbook_goes_forward_back_and_to_the_end_that_plain_sql_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shops: list[Shop], version: str, name: str
) -> None:
    shop = opened(shops, version, monkeypatch, tmp_path)
    running = await rig(tmp_path, RUNBOOKS[name]).engine()
    try:
        await back_and_forth(running, shop)
        end = await finished(running)
    finally:
        await running.die()
    assert end.status == 0, end.text
    assert verify(running.opened.journal.path).state == "sealed"
    plain = Shop(version)
    shops.append(plain)
    plain.tell((EXPECTED / f"{name}.sql").read_text())
    but = RANDOM.get(name, ())
    assert shop.schema() == plain.schema()
    assert shop.rows(but=but) == plain.rows(but=but)


async def back_and_forth(running: Running, shop: Shop) -> None:
    """Go forward to the point of no return, and take each phase back; the shop is as it was then."""
    was = shop.schema(), shop.rows()
    phases = way_back(running)
    await driven(running, through=phases[-1])
    for phase in reversed(phases):
        await undone(running, phase)
        assert [each for each in running.state.verified[phase].checks if not each[-1]] == [], phase
    assert (shop.schema(), shop.rows()) == was


def way_back(running: Running) -> list[str]:
    """Return the phases before the point of no return."""
    found: list[str] = []
    for phase in running.state.runbook.phases:
        if phase.point_of_no_return is not None:
            break
        found.append(phase.id)
    return found
