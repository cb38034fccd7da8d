"""A disk that is full or fails under an engine: nothing starts unwritten, nothing is lost or done twice."""

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted
from console.core.errors import JournalError
from console.core.evolve import fold
from console.core.state import Status
from console.storage.journal import Journal, read_records
from console.storage.verify import verify
from tests.engine.faults import FailingDisk, FullDisk, NarrowLimit, small_disk
from tests.engine.stage import ADD, Stage

PAGE, SPARE = 4096, 8
Disk = FailingDisk | FullDisk | NarrowLimit


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, bool]]:
    """Return a folder on a file system of its own, where this machine lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder) as mounted:
        yield folder, mounted


@pytest.fixture
async def stage(place: tuple[Path, bool]) -> AsyncIterator[Stage]:
    opened = await Stage(place[0]).open()
    yield opened
    await opened.crash()


FAILING = ["no file may grow", "fdatasync EIO", "write EIO", "write EDQUOT"]


@pytest.fixture(params=FAILING)
def failing(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Disk]:
    with made(request.param, stage) as disk:
        yield disk


@pytest.fixture(params=["full", *FAILING])
def disk(request: pytest.FixtureRequest, stage: Stage, place: tuple[Path, bool]) -> Iterator[Disk]:
    folder, mounted = place
    if request.param == "full" and mounted:
        yield FullDisk(folder)
        return
    with made(request.param, stage) as disk:
        yield disk


@contextmanager
def made(kind: str, stage: Stage) -> Iterator[FailingDisk | NarrowLimit]:
    """Return what fails in that way; it is healed afterwards."""
    call, _, code = kind.partition(" E")
    with pytest.MonkeyPatch.context() as patch:
        limit = NarrowLimit(stage.path)
        yield FailingDisk(call, getattr(errno, f"E{code}"), patch) if code else limit
        limit.heal()


async def to_the_brim(stage: Stage) -> None:
    """Fill the page that the journal ends in: a disk that is full has room in that still."""
    before = stage.path.stat().st_size
    await stage.ask(c.AddNote(text="x"))
    size = stage.path.stat().st_size
    left = -size % PAGE - (size - before) - SPARE
    await stage.ask(c.AddNote(text="x" * (left if left > 0 else left + PAGE)))
    assert -stage.path.stat().st_size % PAGE <= 2 * SPARE


def whole(stage: Stage) -> None:
    """See that the journal holds what the engine knows, and nothing else."""
    assert verify(stage.path).state == "unsealed"
    assert verify(stage.path).torn_bytes == 0
    assert fold(read_records(stage.path)) == stage.state


async def test_nothing_starts_that_cannot_be_written_down_and_all_goes_on_once_it_can(stage: Stage, disk: Disk) -> None:
    await stage.start("rows")
    await to_the_brim(stage)
    disk.fail()
    for command in (c.StartStep(step="add"), c.Pause(reason="x" * 5000), c.Abort(reason="y" * 5000)):
        refused = await stage.refused(command)
        assert "nothing was started" in refused.reason
        assert refused.remedy in (
            "make room on that file system and try again",
            "look at the disk it is on before you go on",
        )
    assert ADD not in stage.target.sent
    disk.heal()
    await stage.start("add")
    assert stage.step("add").status is Status.DONE
    assert stage.target.sent.count(ADD) == 1
    whole(stage)


async def test_an_outcome_waits_for_room_and_is_written_once(stage: Stage, disk: Disk) -> None:
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    await to_the_brim(stage)
    disk.fail()
    await stage.target.cancel()
    await stage.until(lambda: stage.engine.logbook.trouble is not None)
    assert "nothing was started" in (await stage.refused(c.Pause())).reason
    disk.heal()
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.INTERRUPTED
    assert stage.events().count("StepCancelled") == 1
    await stage.start("add")
    whole(stage)


async def test_a_crash_while_an_outcome_waits_for_room_leaves_a_doubt_that_is_settled(
    stage: Stage, failing: Disk
) -> None:
    def done(*_: object) -> int:
        failing.fail()
        return 0

    await stage.start("rows")
    stage.target.answers[ADD] = done
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: stage.engine.logbook.trouble is not None)
    await stage.crash()
    failing.heal()
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.DONE
    assert stage.target.sent.count(ADD) == 1
    whole(stage)


@pytest.mark.parametrize("how", ["moved away", "deleted", "another file in its place"])
async def test_a_journal_that_vanishes_under_way_ends_the_engine_and_is_gone_on_with_when_it_is_back(
    tmp_path: Path, how: str
) -> None:
    folder, aside = tmp_path / "run", tmp_path / "aside"
    folder.mkdir()
    stage = await Stage(folder).open()
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    shutil.copytree(folder, aside)
    if how == "another file in its place":
        (aside / "journal.jsonl").replace(stage.path)
        shutil.copyfile(stage.path, aside / "journal.jsonl")
    elif how == "moved away":
        shutil.rmtree(aside)
        folder.rename(aside)
    else:
        shutil.rmtree(folder)
    await stage.target.cancel()
    async with asyncio.timeout(20):
        await stage.engine.finish()
    assert "was moved or deleted while its run was under way" in stage.engine.why
    await stage.crash()
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.INTERRUPTED
    assert stage.target.sent.count(ADD) == 1
    whole(stage)
    await stage.crash()


async def test_two_pens_at_one_journal_notice_each_other_and_the_file_says_what_happened(stage: Stage) -> None:
    """Without the lease that keeps them apart."""
    other = Journal.open(stage.path)
    await stage.start("rows")
    with pytest.raises(
        JournalError, match=r"somebody else wrote to the journal .* — stop the engine and ask `runbook verify`"
    ):
        other.append(e.Noted(text="mine"), at=stage.clock.now(), by="bob")
    other.close()
    whole(stage)
    fresh = Journal.open(stage.path)
    fresh.append(e.Noted(text="mine"), at=stage.clock.now(), by="bob")
    fresh.close()
    refused = await stage.refused(c.StartStep(step="add"))
    assert "somebody else wrote to the journal" in refused.reason
    assert ADD not in stage.target.sent
    assert verify(stage.path).state == "unsealed"


DAY = 86_400.0


@pytest.mark.parametrize("jump", [-DAY, DAY, -3600.0, 1.0])
async def test_a_clock_that_is_set_within_an_engines_life_or_between_two_leaves_the_journal_whole(
    stage: Stage, jump: float
) -> None:
    await stage.start("rows")
    stage.clock.set_by(jump)
    await stage.start("add")
    await stage.crash()
    stage.clock.set_by(jump)
    await stage.open()
    stage.clock.set_by(-3 * jump)
    await stage.do(c.ConfirmStep(step="deployed"))
    whole(stage)
    assert [record.seq for record in read_records(stage.path)] == list(range(1, stage.state.seq + 1))
    assert stage.target.sent.count(ADD) == 1


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_meanwhile_ends_no_wait(stage: Stage, jump: float) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty", "compact")
    began = stage.clock.monotonic()
    assert isinstance(await stage.ask(c.StartStep(step="soak")), Accepted)
    await stage.until(lambda: stage.clock.monotonic() > began + 5)
    stage.clock.set_by(jump)
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("soak").status is Status.DONE
    assert 600 <= stage.clock.monotonic() - began < 610
