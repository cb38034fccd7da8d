"""What is left of PostgreSQL's SQL when comments go: the same to the lexer and to the parser."""

import postgast
import pytest
from hypothesis import given, settings

from console.core.errors import RunbookError
from console.statements import normalised, pieces
from console.statements.engines.postgresql.reading import COMMENTS, scanned
from tests.statements.test_postgresql_split import WHOLE, sql


@given(sql)
@settings(max_examples=400)
def test_normalised_sql_is_the_same_to_the_lexer_and_stays_as_it_is(source: str) -> None:
    try:
        once = normalised(source, engine="postgresql")
    except RunbookError:
        return
    assert normalised(once, engine="postgresql") == once
    assert _words(once) == _words(source)


def _words(source: str) -> list[bytes]:
    data, tokens = scanned(source)
    return [data[token.start : token.end] for token in tokens if token.token not in COMMENTS]


@pytest.mark.parametrize(
    "source", [*WHOLE, "SELECT 'a'\n'b', a :: int -- x\n, \"A b\" /* y */ FROM t", "SELECT - -1, 1 - - 1"]
)
def test_normalised_sql_is_the_same_to_the_parser(source: str) -> None:
    assert postgast.fingerprint(normalised(source, engine="postgresql")) == postgast.fingerprint(source)
    assert postgast.deparse(postgast.parse(normalised(source, engine="postgresql"))) == postgast.deparse(
        postgast.parse(source)
    )


def test_comments_and_white_space_do_not_count_but_literals_do() -> None:
    def same(text: str) -> str:
        return normalised(text, engine="postgresql")

    assert same("SELECT  a, -- why\n\t'x  --y'/* z */FROM t ;") == "SELECT a, 'x  --y' FROM t ;"
    assert same("a.b  ||  $$ x  y $$") == "a.b || $$ x  y $$"
    assert same("SELECT 'a'\n  'b'") != same("SELECT 'a' 'b'")


def test_a_part_of_a_statement_is_counted_without_being_one() -> None:
    assert [pieces(each, engine="postgresql") for each in ("", "a.b + 1", "a; b", "x = ';' -- ;", ";a;;")] == [
        0,
        1,
        2,
        1,
        1,
    ]
