import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.core.errors import Unreachable
from console.databases import demo

pytestmark = pytest.mark.slow


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    demo.build(path)
    return path


def test_it_has_20_000_accounts_and_200_000_users(path: Path) -> None:
    assert rows(path, "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM users)") == [(20_000, 200_000)]
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]


def test_it_is_whole(path: Path) -> None:
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []


def test_it_is_like_a_table_that_has_lived(path: Path) -> None:
    """Keys with gaps, accounts with few and many users, names beyond ASCII, times in their order."""
    assert rows(path, "SELECT max(id) > 1.5 * count(*) FROM users") == [(1,)]
    ((fewest, most),) = rows(path, "SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM users GROUP BY account_id)")
    assert isinstance(most, int)
    assert fewest == 1
    assert most > 100
    assert rows(path, "SELECT count(DISTINCT full_name) > 3000, max(full_name GLOB '*[^ -~]*') FROM users") == [(1, 1)]
    assert rows(
        path, "SELECT count(*) FROM users u JOIN users v ON v.id = u.id + 1 WHERE v.created_at < u.created_at"
    ) == [(0,)]
    assert rows(
        path, "SELECT count(*) FROM accounts WHERE organisation_id NOT GLOB '????????-????-4???-a???-????????????'"
    ) == [(0,)]


def test_its_content_is_the_same_each_time(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    demo.build(again)
    for table in ("accounts", "users"):
        whole = f"SELECT * FROM {table} ORDER BY id"
        assert rows(again, whole) == rows(path, whole)


def test_it_is_made_anew_over_its_own_file_only(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    demo.build(path, accounts=3, users=30)
    demo.build(path, accounts=3, users=20)
    assert rows(path, "SELECT count(*) FROM users") == [(20,)]
    assert [each.name for each in tmp_path.iterdir() if "half" in each.name] == []


@pytest.mark.parametrize("content", [b"", b"letters to grandmother", b"SQLite format 3\0 and no more"])
def test_what_is_not_its_own_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.db"
    path.write_bytes(content)
    with pytest.raises(Unreachable):
        demo.build(path, accounts=3, users=3)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE letters (text)")
    with pytest.raises(Unreachable, match="is not the demo's database — move it away, or name another place"):
        demo.build(path, accounts=3, users=3)
    assert rows(path, "SELECT count(*) FROM letters") == [(0,)]


def test_a_place_where_it_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="name another place"):
        demo.build(tmp_path / "none" / "demo.db", accounts=3, users=3)
