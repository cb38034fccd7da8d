"""Whatever stands where a journal should be, nobody waits for it without end."""

import os
from pathlib import Path

import pytest

from console.core.errors import JournalError
from console.storage.ends import read_end
from console.storage.journal import Journal, Tail, read_records
from console.storage.runs import list_runs, run_in
from console.storage.verify import verify


@pytest.fixture(params=["pipe", "device"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the path of a journal that is no file."""
    run = run_in(tmp_path / "runs" / "small-1")
    run.folder.mkdir(parents=True)
    if request.param == "pipe":
        os.mkfifo(run.journal)
    else:
        run.journal.symlink_to("/dev/zero")
    return run.journal


def test_it_is_neither_read_nor_written(journal: Path) -> None:
    for act in (Journal.open, lambda path: list(read_records(path)), lambda path: Tail(path).read()):
        with pytest.raises(JournalError, match="it is no plain file — "):
            act(journal)
    assert read_end(journal) is None
    assert verify(journal).words == f"broken: {journal} cannot be read: it is no plain file"


def test_its_run_is_listed_as_unreadable(journal: Path) -> None:
    (found,) = list_runs(journal.parent.parent)
    assert found.state == "unreadable"
    assert "it is no plain file" in found.trouble
