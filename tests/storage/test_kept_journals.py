"""Every journal that was ever kept is read as it was then, or refused in the same words."""

import asyncio
import re
from pathlib import Path

import pytest
from msgspec import json

from console.core.errors import JournalError
from console.core.evolve import fold
from console.storage.journal import read_records
from console.storage.verify import verify
from tests.journals import KEPT
from tests.journals.__main__ import WHOLE
from tests.journals.damage import DAMAGE
from tests.journals.known import known_of
from tests.journals.runs import RUNS, journal_of

JOURNALS = sorted(KEPT.glob("*.jsonl"))
NAMES = [path.stem for path in JOURNALS]


def test_no_kept_journal_is_missing() -> None:
    assert set(NAMES) >= {*RUNS, *(f"damaged-{name}" for name in DAMAGE)}
    assert {path.stem for path in KEPT.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("journal", JOURNALS, ids=NAMES)
def test_a_kept_journal_is_what_it_was(journal: Path) -> None:
    assert known_of(journal) == json.decode(journal.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("journal", JOURNALS, ids=NAMES)
def test_a_kept_journal_tells_of_no_machine_and_nobody(journal: Path) -> None:
    content = journal.read_text(encoding="utf-8")
    assert not re.search(r"/(dev|home|opt|root|srv|tmp|usr|var|work)/", content)
    assert set(re.findall(r'"host":"([^"]*)"', content)) == {"h"}


@pytest.mark.parametrize("journal", [KEPT / f"{name}.jsonl" for name in RUNS], ids=list(RUNS))
def test_what_was_whole_is_whole(journal: Path) -> None:
    state = fold(read_records(journal))
    assert state
    assert verify(journal).state == ("sealed" if state.sealed else "unsealed")


@pytest.mark.parametrize("name", ["flipped", "dropped", "inserted", "begun-twice", "newer-format"])
def test_what_was_damaged_is_named(name: str) -> None:
    verdict = verify(KEPT / f"damaged-{name}.jsonl")
    assert verdict.state == "broken"
    assert verdict.first_bad.seq


def test_a_journal_of_a_newer_format_is_refused_with_the_version_that_reads_it() -> None:
    with pytest.raises(JournalError, match="is of format 2, this program reads 1") as refused:
        list(read_records(KEPT / "damaged-newer-format.jsonl"))
    assert "use the version of Runbook Console that wrote it, or a later one" in str(refused.value)


@pytest.mark.parametrize("name", RUNS)
def test_the_same_run_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    """Not those that are kept: they were written by the program as it was then."""
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        made.append(asyncio.run(journal_of(name, folder)))
    assert made[0] == made[1]


def test_the_whole_journal_is_about_twenty_kilobytes() -> None:
    assert 15_000 < (KEPT / f"{WHOLE}.jsonl").stat().st_size < 25_000
