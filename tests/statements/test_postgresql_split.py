"""Where PostgreSQL's statements end, what is refused, and what is left of them when comments go."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.core.errors import RunbookError
from console.statements import effects, normalised, pieces, probes, split
from console.statements.engines.postgresql.reading import COMMENTS, SEMICOLON, scanned
from console.statements.tokens import MOST

ATOMIC = """CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; -- END;
  SELECT a * 2;
END"""
PIECES = [
    *("'", '"', "''", "E'\\'", "$$", "$a$", "--", "/*", "*/", "\n", ";", " ", "(", ")", "[", "]", ",", ".", "=", "::"),
    *(
        ":low",
        "?",
        "$1",
        "\\",
        "@>",
        "+-",
        "1",
        "1.5e3",
        "U&'\\0041'",
        "é",
        "😀",
        "\u202e",
        "\ufeff",
        "\r",
        "\x0b",
        "\ud800",
    ),
    *(
        "SELECT",
        "FROM",
        "WITH",
        "CREATE",
        "TABLE",
        "INDEX",
        "CONCURRENTLY",
        "ON",
        "ALTER",
        "ADD",
        "COLUMN",
        "DROP",
        "t",
    ),
    *(
        "COPY",
        "STDIN",
        "BEGIN",
        "ATOMIC",
        "END",
        "CASE",
        "DO",
        "VACUUM",
        "UPDATE",
        "SET",
        "WHERE",
        "int",
        "DEFAULT",
        "a",
    ),
]
WHOLE = [
    "SELECT 1",
    "SELECT ';'",
    ATOMIC,
    "DO $b$ begin; end $b$",
    "ALTER TABLE é ADD x int",
    "VACUUM t",
    "SELECT E'\\';'",
]
sql = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(PIECES)).map("".join),
)
blank = st.sampled_from([" ", "\n", "-- x; '\n", "/* ; /* ' */ */", "", "\r\n"])


def texts(source: str) -> list[str]:
    return [statement.text for statement in split(source, engine="postgresql")]


@pytest.mark.parametrize(
    "source",
    [
        *("SELECT ';'", "SELECT 'it''s; fine'", 'SELECT "a;""b"', "SELECT E'it\\'s; fine'", "SELECT U&'\\003B;'"),
        *("SELECT 1 -- not; here\n + 1", "SELECT /* nor; /* ' ; */ here */ 1", "SELECT $$ a; $b$ ; $$"),
        *("DO $body$ begin; perform '$$'; end; $body$", ATOMIC, f"CREATE OR {ATOMIC.removeprefix('CREATE ')}"),
        "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v)",
        "SELECT 'ä', 'a'\n'b;c'",
    ],
)
def test_a_semicolon_inside_does_not_end_a_statement(source: str) -> None:
    source = source.replace("CREATE OR FUNCTION", "CREATE OR REPLACE FUNCTION")
    assert texts(f"{source};SELECT 2;") == [source, "SELECT 2"]


def test_nothing_between_semicolons_is_no_statement() -> None:
    assert texts(" ;; -- nothing\n; /* ; */ ;\r\n") == []


def test_a_statement_is_at_the_line_of_its_first_word() -> None:
    found = split("-- é\n\nSELECT 'ü\n';\n/*\n*/ SELECT 2 -- over\n", engine="postgresql")
    assert [(one.line, one.text) for one in found] == [(3, "SELECT 'ü\n'"), (6, "SELECT 2")]


def test_placeholders_of_questions_and_backfills_may_stand_for_values() -> None:
    for source in (
        "UPDATE t SET a = b::text WHERE id > :low AND id <= :high::int",
        "SELECT a[1:n], a[:2] FROM t WHERE b = :name LIMIT :n",
        "SELECT data ? 'key' FROM t WHERE id > ? AND (a, b) <= (?, ?)",
        "SELECT JSON_OBJECT('a':b) FROM t WHERE id = $1",
    ):
        assert texts(source) == [source]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("SELECT 1;\nSELECT\n 'x", "Line 3: unterminated quoted string"),
        ('SELECT 1;\nSELECT\n "x', "Line 3: unterminated quoted identifier"),
        ("SELECT 1;\nSELECT\n /* /* */", r"Line 3: unterminated /\* comment"),
        ("SELECT 'é';\nSELECT\n $a$ x $b$", "Line 3: unterminated dollar-quoted string"),
        ("SELECT 'é';\n-- ü\nSELEC 1", 'Line 3: syntax error at or near "SELEC" — correct it'),
        ("SELECT 1;\nCREATE TABLE t (a int", "Line 2: syntax error at end of input"),
        ("SELECT 1;\nSELECT 'a\0b'", "Line 2: a NUL"),
        ("SELECT 1;\nSELECT '\ud800'", "Line 2: a character is no Unicode"),
        ("SELECT 1;\n\\echo it's", r"Line 2: \\echo is a command of psql, not SQL — leave it out, or run psql"),
        ("SELECT 1 \\gset x_", r"Line 1: \\gset x_ is a command of psql"),
        ("SELECT 1;\nCOPY t (a) FROM stdin;\n1\tit's\n\\.\n", "Line 2: COPY … FROM STDIN needs a client"),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", "Line 1: syntax error at end of input"),
    ],
)
def test_what_is_no_sql_is_refused_with_its_line(source: str, message: str) -> None:
    with pytest.raises(RunbookError, match=message):
        split(source, engine="postgresql")


@pytest.mark.parametrize("piece", ["(", "a ", ";", "'x'.", "a.", "/* */", "SELECT 1;"])
def test_more_than_a_person_writes_is_refused_with_its_line(piece: str) -> None:
    for read in (split, normalised, pieces):
        with pytest.raises(RunbookError, match=r"Line [12]: more than 100,000 words and signs — split it"):
            read(f"SELECT 1;\n{piece * MOST};", engine="postgresql")


@pytest.mark.parametrize(
    "source",
    [
        *("(" * 9_000, "1+" * 40_000 + "1", "NOT " * 9_900 + "1", "- " * 9_900 + "1", "1" + "::int" * 25_000),
        *("(SELECT " * 2_400 + "1" + ")" * 2_400, "ARRAY[" * 3_300 + "1" + "]" * 3_300, "a COLLATE x" * 9_000),
        *("1 UNION SELECT " * 20_000 + "1", "1 FROM a" + " JOIN b ON true" * 20_000, "1" + " IS NULL" * 30_000),
        *("CASE WHEN a THEN 1 ELSE " * 1_900 + "1" + " END" * 1_900, "1 FROM " + "(" * 9_000 + "a" + ")" * 9_000),
        *(
            "1" + " AT TIME ZONE 'x'" * 20_000,
            "f(" * 9_000 + ")" * 9_000,
            "1+" * 60 + "1",
            "(SELECT " * 40 + "1" + ")" * 40,
        ),
    ],
    ids=lambda source: source[:20],
)
def test_nesting_that_would_end_the_process_is_refused(source: str) -> None:
    with pytest.raises(RunbookError, match=r"Line 2: nested too deeply to be read — put parentheses"):
        split(f"SELECT 1;\nSELECT {source}", engine="postgresql")


@pytest.mark.parametrize(
    "source",
    [
        *(
            "SELECT " + " OR ".join(["a = 1"] * 10_000),
            "SELECT " + ", ".join(["a + 1"] * 10_000),
            "SELECT a" + "[1]" * 9_000,
        ),
        *(
            "INSERT INTO t VALUES " + ", ".join(["(-1, 'x')"] * 9_000),
            "SELECT " + "(" * 90 + "1" + ")" * 90,
            "SELECT 1;" * 9_000,
        ),
        *(
            "SELECT CASE " + "WHEN a = 1 THEN 2 " * 5_000 + "END",
            "SELECT 1 -- " + "=" * 900,
            "SELECT " + " || ".join("a" * 40),
        ),
    ],
    ids=lambda source: source[:30],
)
def test_what_is_long_but_not_deep_is_read(source: str) -> None:
    assert split(source, engine="postgresql")


@pytest.mark.parametrize("piece", ["/*", "+", "+-", "*/", "-"])
def test_rows_of_signs_that_the_lexer_is_slow_at_are_refused(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(RunbookError, match=r"Line 2: [\d,]+ signs in a row — shorten"):
        split(f"SELECT 1;\nSELECT {piece * 500_000}", engine="postgresql")
    with pytest.raises(RunbookError):
        split(f"SELECT 1;\nSELECT {(piece * (900 // len(piece)) + ' ') * 1_000}", engine="postgresql")
    assert time.process_time() - began < 60


@pytest.mark.parametrize(
    ("source", "piece"),
    [
        *(
            ("SELECT {}1", "1,"),
            ("SELECT {}1", "a OR "),
            ("{}", "SELECT 1;"),
            ("INSERT INTO t VALUES {}(1)", "(1, 'é'),"),
        ),
        *(
            ("SELECT '{}'", "x" * 25),
            ("SELECT 1 /*{}*/", " é" * 10),
            ("DO $$ {} $$", "x; "),
            ("{}", "ALTER TABLE t ADD a int;"),
        ),
        *(("SELECT 1 WHERE a > :low AND a IN ({}1)", ":x, "), ("{}", ";")),
    ],
)
def test_reading_takes_time_in_proportion_to_the_text(source: str, piece: str) -> None:
    """Ten times as much may take forty times as long before it fails; in proportion to its square it is a hundred."""
    most = 20_000 if len(piece) < 6 else 9_000
    assert _seconds(source.format(piece * most)) < 40 * max(_seconds(source.format(piece * (most // 10))), 0.003)


def test_a_megabyte_is_read() -> None:
    assert len(split("INSERT INTO t VALUES ('" + "x" * 100 + "');\n" * 1, engine="postgresql")) == 1
    source = ("INSERT INTO t VALUES ('" + "é" * 200 + "');\n") * 2_400
    assert len(source.encode()) > 1_000_000
    assert len(split(source, engine="postgresql")) == 2_400


def _seconds(source: str) -> float:
    begun = time.process_time()
    for statement in split(source, engine="postgresql"):
        probes(statement, engine="postgresql")
        effects(statement, engine="postgresql")
    normalised(source, engine="postgresql")
    return time.process_time() - begun


@given(sql)
@settings(max_examples=400)
def test_hostile_text_fails_in_one_way_only_and_nothing_is_lost(source: str) -> None:
    try:
        statements = split(source, engine="postgresql")
    except RunbookError:
        return
    rest = source
    for statement in statements:
        between, found, rest = rest.partition(statement.text)
        assert found
        assert all(token.token in (*COMMENTS, SEMICOLON) for token in scanned(between)[1])
        effects(statement, engine="postgresql")
        probes(statement, engine="postgresql")
    assert all(token.token in (*COMMENTS, SEMICOLON) for token in scanned(rest)[1])


@given(st.lists(st.tuples(blank, st.sampled_from(WHOLE), blank), max_size=6))
def test_statements_joined_are_split_again(parts: list[tuple[str, str, str]]) -> None:
    source = ";".join(f"{before}{text}{after}" for before, text, after in parts)
    assert texts(source) == [text for _, text, _ in parts]
    assert texts(";\n".join(texts(source))) == texts(source)
