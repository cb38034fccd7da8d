"""Where SQLite's statements end, and what is left of them when comments go."""

import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.errors import RunbookError
from console.statements import effects, normalised, probes, split
from console.statements.engines import sqlite
from console.statements.tokens import BLANK, MOST, scan

TRIGGER = """CREATE TEMP TRIGGER live AFTER INSERT ON users BEGIN
  UPDATE users SET org_id = CASE WHEN new.id > 1 THEN 2 ELSE 3 END WHERE id = new.id;
  SELECT 'END; "'; -- END
END"""

PIECES = [
    *("'", '"', "`", "[", "]", "''", "--", "/*", "*/", "\n", ";", " ", "(", ")", ",", ".", "=", ":low", "?"),
    *(
        "CREATE",
        "TRIGGER",
        "TEMP",
        "BEGIN",
        "END",
        "CASE",
        "SELECT",
        "WITH",
        "ALTER",
        "TABLE",
        "RENAME",
        "TO",
    ),
    *(
        "ADD",
        "DROP",
        "INDEX",
        "ON",
        "PRAGMA",
        "IF",
        "EXISTS",
        "t",
        "1",
        "x'00'",
        "é",
        "\u202e",
        "\ufeff",
        "\r",
    ),
]
sql = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))


def texts(source: str) -> list[str]:
    return [statement.text for statement in split(source, engine="sqlite")]


@pytest.mark.parametrize(
    "source",
    [
        "SELECT ';'",
        "SELECT 'it''s; fine'",
        'SELECT "a;""b"',
        "SELECT `a;``b`",
        "SELECT [a;'b]",
        "SELECT 1 -- not; here\n + 1",
        "SELECT /* nor; ' here */ 1",
        "SELECT 1 /* * / ** */ + 1",
        TRIGGER,
        "CREATE TABLE t (begin int, trigger int)",
    ],
)
def test_a_semicolon_inside_does_not_end_a_statement(source: str) -> None:
    assert texts(f"{source};SELECT 2;") == [source, "SELECT 2"]


def test_nothing_between_semicolons_is_no_statement() -> None:
    assert texts(" ;; -- nothing\n; /* ; */ ;\r\n") == []


def test_a_statement_is_at_the_line_of_its_first_word() -> None:
    found = split("-- first\n\nSELECT '\n';\n/*\n*/ SELECT 2 -- over\n", engine="sqlite")
    assert [(one.line, one.text) for one in found] == [(3, "SELECT '\n'"), (6, "SELECT 2")]


@pytest.mark.parametrize("opened", ["'", '"', "`", "[", "/*"])
def test_what_is_not_closed_is_refused_with_its_line(opened: str) -> None:
    with pytest.raises(RunbookError, match="Line 3: "):
        split(f"SELECT 1;\nSELECT\n {opened} x", engine="sqlite")


def test_a_trigger_without_its_end_is_refused_with_its_line() -> None:
    with pytest.raises(RunbookError, match=r"Line 2: .* no END"):
        split("\nCREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2;", engine="sqlite")


def test_nul_is_refused_with_its_line() -> None:
    with pytest.raises(RunbookError, match="Line 2: a NUL"):
        split("SELECT 1;\nSELECT 'a\0b'", engine="sqlite")


@pytest.mark.parametrize("piece", ["(", "a ", ";a", "'x'.", "a.", "/**/", "SELECT 1;"])
def test_more_than_a_person_writes_is_refused_with_its_line(piece: str) -> None:
    with pytest.raises(RunbookError, match="Line 2: more than 100,000 words and signs — split it"):
        split(f"SELECT 1;\n{piece * MOST}", engine="sqlite")
    with pytest.raises(RunbookError, match="more than 100,000 words and signs"):
        normalised(f"SELECT 1;\n{piece * MOST}")


@pytest.mark.parametrize(
    ("source", "piece"),
    [("SELECT {}", "("), ("UPDATE {} SET x = 1", "a."), ("PRAGMA {}", "a."), ("CREATE TABLE {} (a)", "a ")],
)
def test_reading_takes_time_in_proportion_to_the_tokens(source: str, piece: str) -> None:
    """Ten times as many may take fifty times as long before it fails; in proportion to their square it is a hundred."""
    assert _seconds(source.format(piece * 40_000)) < 50 * max(_seconds(source.format(piece * 4_000)), 0.002)


def _seconds(source: str) -> float:
    """Return the least of three: a busy machine adds to each of them, and never takes away."""
    return min(_seconds_once(f"{source}\n-- {attempt}") for attempt in range(3))


def _seconds_once(source: str) -> float:
    begun = time.process_time()
    for statement in split(source, engine="sqlite"):
        probes(statement, engine="sqlite")
        effects(statement, engine="sqlite")
    return time.process_time() - begun


def test_an_engine_that_is_not_built_in_is_refused() -> None:
    with pytest.raises(RunbookError, match="oracle is not built in yet — engine: one of"):
        split("SELECT 1", engine="oracle")


@given(sql)
def test_splitting_loses_nothing_and_fails_in_one_way_only(source: str) -> None:
    try:
        statements = split(source, engine="sqlite")
    except RunbookError:
        return
    rest = source
    for statement in statements:
        between, found, rest = rest.partition(statement.text)
        assert found
        assert all(token.kind in BLANK or token.text == ";" for token in scan(between, syntax=sqlite.SYNTAX))
    assert all(token.kind in BLANK or token.text == ";" for token in scan(rest, syntax=sqlite.SYNTAX))


@given(sql)
def test_the_tokens_joined_are_the_text(source: str) -> None:
    try:
        tokens = list(scan(source, syntax=sqlite.SYNTAX))
    except RunbookError:
        return
    assert "".join(token.text for token in tokens) == source


@given(sql)
def test_sqlite_agrees_on_where_a_whole_statement_ends(source: str) -> None:
    try:
        statements = split(source, engine="sqlite")
    except RunbookError:
        return
    for statement in statements:
        assert sqlite3.complete_statement(f"{statement.text};")


@given(sql)
def test_normalised_sql_stays_as_it_is(source: str) -> None:
    try:
        once = normalised(source)
    except RunbookError:
        return
    assert normalised(once) == once


def test_comments_and_white_space_do_not_count_but_literals_do() -> None:
    assert normalised("SELECT  a, -- why\n\t'x  --y'/* z */FROM t ;") == "SELECT a, 'x  --y' FROM t ;"
