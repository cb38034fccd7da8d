"""What can befall a SQLite file: missing, foreign, gone, write-protected, full, damaged, left behind by a crash."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from console import databases
from console.core.errors import DatabaseError, Unreachable, WrongTarget
from tests.databases.acts import execute, held
from tests.databases.benches import LEASE, SqliteBench

NOBODY = 65534


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def beside(sqlite: SqliteBench, suffix: str) -> Path:
    return Path(f"{sqlite.path}{suffix}")


async def test_a_file_that_is_missing_is_never_created(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"shop\.db cannot be found.*correct the URL"):
        await databases.open_target(f"sqlite://{tmp_path}/shop.db")
    assert names(tmp_path) == []


async def test_a_relative_path_after_three_slashes_is_told_how_it_is_written() -> None:
    with pytest.raises(Unreachable, match=r"/shop\.db cannot be found.*sqlite:shop\.db one from here"):
        await databases.open_target("sqlite:///shop.db")


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="is not a file"):
        await databases.open_target(f"sqlite://{tmp_path}")


async def test_another_kind_of_file_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    file.write_text("accounts: 3\n" * 100, encoding="utf-8")
    with pytest.raises(Unreachable, match="is no SQLite database"):
        await databases.open_target(f"sqlite://{file}")
    assert file.read_text(encoding="utf-8") == "accounts: 3\n" * 100


async def test_a_file_with_a_strange_name_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "100%25 a?b#c [d] 'e'.db"
    sqlite3.connect(file).close()
    file.touch()
    target = await databases.open_target(f"sqlite://{file}")
    assert (await target.identity()).name == file.name
    await target.close()


async def test_a_file_that_is_deleted_while_open_is_not_written(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    sqlite.path.unlink()
    with pytest.raises(Unreachable, match="put the file back"):
        await execute(database, sqlite.add_one)
    with pytest.raises(Unreachable):
        await database.query(sqlite.read)
    with pytest.raises(Unreachable):
        await sqlite.target.identity()
    assert not sqlite.path.exists()


async def test_a_file_that_is_replaced_while_open_is_not_read_for_the_other(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    sqlite.replace()
    with pytest.raises(WrongTarget, match="was replaced by another file"):
        await database.query(sqlite.read)
    with pytest.raises(WrongTarget):
        await sqlite.target.claim(LEASE)
    with pytest.raises(WrongTarget):
        await sqlite.target.identity()


async def test_another_application_id_is_another_database(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    sqlite.outside("PRAGMA application_id = 99")
    with pytest.raises(WrongTarget, match="application_id differs"):
        await execute(database, sqlite.add_one)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Be nobody, to whom write protection means something."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o444), (0o555, 0o444), (0o555, 0o644)])
async def test_a_file_that_cannot_be_written_can_be_read_but_not_claimed(folder: int, file: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "shop.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE things (id)")
        for each in (path, path.parent):
            os.chown(each, NOBODY if os.geteuid() == 0 else os.geteuid(), -1)
        path.chmod(file)
        path.parent.chmod(folder)
        with without_privileges():
            target = await databases.open_target(f"sqlite://{path}", patience=0.1)
            assert await target.ledger() == ()
            with pytest.raises(DatabaseError, match=r"for this account|on a local disk"):
                await target.claim(LEASE)
            await target.close()
        path.parent.chmod(0o755)


async def test_a_log_that_cannot_be_made_is_told_with_the_way_out(sqlite: SqliteBench) -> None:
    beside(sqlite, "-wal").mkdir()
    with pytest.raises(DatabaseError, match="make the file and its directory readable and writable"):
        await sqlite.target.claim(LEASE)


async def test_a_full_database_takes_nothing_back_but_the_step(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    fill = f"INSERT INTO things (id, name) VALUES (2, zeroblob({10_000_000}))"
    with pytest.raises(DatabaseError, match=r"no room left.*free disk space"):
        await execute(database, "PRAGMA max_page_count = 20", sqlite.add_one, fill)
    assert sqlite.things() == []
    await execute(database, sqlite.add_one)


async def test_nothing_is_executed_in_a_transaction_that_sqlite_has_ended(sqlite: SqliteBench) -> None:
    database = await held(sqlite)

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute("PRAGMA max_page_count = 20")
            with pytest.raises(DatabaseError, match="no room left"):
                await transaction.execute("INSERT INTO things (id, name) VALUES (2, zeroblob(10000000))")
            await transaction.execute(sqlite.add_one)

    with pytest.raises(DatabaseError, match="has been rolled back"):
        await step()
    assert sqlite.things() == []


async def test_a_commit_for_which_the_disk_has_no_room_is_rolled_back(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    fill = "INSERT INTO things (id, name) VALUES (2, zeroblob(1000000))"

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(fill)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))

    try:
        with pytest.raises(DatabaseError, match="disk"):
            await step()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sqlite.things() == []
    assert await database.entry() is None
    await execute(database, fill)
    assert await database.entry()


async def test_a_damaged_file_is_told_as_such(sqlite: SqliteBench) -> None:
    sqlite.outside("INSERT INTO things SELECT value, zeroblob(500) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')")
    content = bytearray(sqlite.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    sqlite.path.write_bytes(content)
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match=r"its file is damaged.*restore a backup"):
        await database.query(sqlite.read)


CRASHING = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.executescript("PRAGMA cache_size = 1; BEGIN; UPDATE things SET name = randomblob(900)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_while_writing(sqlite: SqliteBench) -> int:
    """Return the exit status of a process that died in the middle of its transaction."""
    return subprocess.run([sys.executable, "-c", CRASHING, str(sqlite.path)], check=False, timeout=30).returncode


async def test_what_a_killed_writer_left_behind_is_taken_back_on_opening(sqlite: SqliteBench) -> None:
    rows = ", ".join(f"({number}, zeroblob(900))" for number in range(100))
    sqlite.outside(f"INSERT INTO things (id, name) VALUES {rows}")
    assert killed_while_writing(sqlite) == -signal.SIGKILL
    assert beside(sqlite, "-journal").stat().st_size
    second = await sqlite.second()
    await second.close()
    assert {name for _, name in sqlite.things()} == {bytes(900)}


async def test_a_ledger_row_that_somebody_changed_is_told(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    await execute(database, sqlite.add_one)
    sqlite.outside("UPDATE runbook_ledger SET attempt = 'many'")
    with pytest.raises(DatabaseError, match="not as this program writes it"):
        await sqlite.target.ledger()


async def test_a_copy_that_is_put_back_under_an_engine_takes_no_writes_of_it(
    sqlite: SqliteBench, tmp_path: Path
) -> None:
    database = await held(sqlite)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(sqlite.path)) as there, closing(sqlite3.connect(backup)) as copy:
        there.backup(copy)
        await execute(database, sqlite.add_one)
        copy.backup(there)
    with pytest.raises(WrongTarget, match="older copy"):
        await execute(database, sqlite.add_one)
    assert sqlite.things() == []


@pytest.mark.parametrize("change", ["pid = 'many'", "account = x'FF'", "epoch = 'late'"])
async def test_a_lease_that_somebody_changed_is_told(sqlite: SqliteBench, change: str) -> None:
    await held(sqlite)
    sqlite.outside(f"UPDATE runbook_lease SET {change}")
    with pytest.raises(DatabaseError, match="runbook_lease is not as this program writes it"):
        await sqlite.target.claim(LEASE, after=1)


async def test_a_ledger_that_passes_over_what_is_written_takes_no_step(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    before = sqlite.things()
    sqlite.outside("CREATE TRIGGER deaf BEFORE INSERT ON runbook_ledger BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(DatabaseError, match="runbook_ledger does not keep what is written to it"):
        await execute(database, sqlite.add_one)
    assert sqlite.things() == before


async def test_a_lease_that_is_not_kept_is_not_held(sqlite: SqliteBench) -> None:
    await held(sqlite)
    sqlite.outside("CREATE TRIGGER deaf BEFORE UPDATE ON runbook_lease BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(DatabaseError, match="runbook_lease does not keep what is written to it"):
        await sqlite.target.claim(LEASE, after=1)
