import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.storage.typed_nodes import plain
from console.storage.yaml_nodes import LARGEST, MOST, Mapping, Place, Problem, Scalar, Sequence, document

SECONDS = 5.0
"""Of the processor, for refusing the worst megabyte on a slow machine; it takes a tenth of one."""


def refused(source: bytes) -> tuple[int, int, str]:
    with pytest.raises(Problem) as problem:
        document(source)
    return problem.value.place.line, problem.value.place.column, problem.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, word) for word in ("NO", "no", "yes", "on", "off", "Off", "y", "nUll", "tRUE")),
        *(
            (word, word)
            for word in ("12:30", "190:20:30", "2026-11-20", "1_000", "0b1", "1e", "1.2.3", "0x", ".", "9" * 19)
        ),
        *(("0", 0), ("-17", -17), ("+3", 3), ("007", 7), ("0o17", 15), ("0xfF", 255), ("9" * 18, int("9" * 18))),
        *(("1.10", 1.1), (".5", 0.5), ("-1e3", -1000.0), ("1.", 1.0), ("1e999", "1e999")),
        *(("'1'", "1"), ('"true"', "true"), ("'~'", "~"), ("''", "")),
        *((".inf", ".inf"), (".nan", ".nan")),
    ],
)
def test_a_scalar_is_what_yaml_1_2_takes_it_for(text: str, value: object) -> None:
    found = plain(document(f"key: {text}\n".encode()))["key"]
    assert (type(found), found) == (type(value), value)


def test_a_plain_scalar_keeps_its_text() -> None:
    root = document(b"key: 1.10")
    assert isinstance(root, Mapping)
    value = root.entries["key"][1]
    assert isinstance(value, Scalar)
    assert (value.text, value.value, value.place) == ("1.10", 1.1, Place(1, 6))


def test_a_byte_order_mark_is_left_out() -> None:
    assert plain(document(b"\xef\xbb\xbfkey: value")) == {"key": "value"}


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (b"", 1, 1, "the file is empty"),
        (b"# only a comment\n", 1, 1, "the file is empty"),
        (b"a: 1\nb: 2\na: 3", 3, 1, "a: is written twice, first on line 1: take one out"),
        (b"x: {a: 1, 'a': 3}", 1, 11, "a: is written twice, first on line 1"),
        (b"a: &x 1", 1, 4, "&x: anchors are not read, write it out where it is used"),
        (b"a: &x [1]", 1, 4, "&x: anchors are not read, write it out where it is used"),
        (b"a: *x", 1, 4, "*x: aliases are not read, write it out"),
        (b"a: !!str 1", 1, 4, "tag:yaml.org,2002:str: tags are not read, take it out"),
        (b"a: !!python/object/apply:os.system [id]", 1, 4, "tag:yaml.org,2002:python/object/apply:os.system: tags are"),
        (b"a: ! 1", 1, 4, "!: tags are not read, take it out"),
        (b"a: 1\n---\nb: 2", 2, 1, "a second document begins here: a file holds one"),
        (b"? [a]\n: 1", 1, 3, "a list or a mapping cannot be a key"),
        (b"? ", 1, 2, "a key is empty: write it before the colon"),
        (b"a: {' ': 1}", 1, 5, "a key is empty: write it before the colon"),
        (b"a: [1, 2", 1, 9, "not YAML: did not find expected ',' or ']': close the list with ]"),
        (b"a: [1, 2\n\n\n", 1, 9, "not YAML: did not find expected ',' or ']'"),
        (b'a: "x\nb: 1\n', 2, 5, "not YAML: found unexpected end of stream: close the quote"),
        (b"a: 1\r\nb: [\r\n", 2, 5, "not YAML: "),
        (b"a: 1\n  b: 2", 2, 4, "not YAML: mapping values are not allowed in this context: a text with `: ` in it"),
        (b"<<: {a: 1}", 1, 1, "<<: merge keys are not read, write out what it stands for"),
        (b"%TAG ! tag:x,2000:\n---\na: 1", 1, 1, "%TAG: directives are not read, take the line out"),
        (b"%YAML 1.1\n---\na: 1", 1, 1, "%YAML: directives are not read, take the line out"),
        (b"a: 1\n...\n%TAG ! x\n", 3, 1, "%TAG: directives are not read, take the line out"),
        (b"a: b: c", 1, 5, "not YAML: mapping values are not allowed in this context"),
        (b"a: 1\n\tb: 2", 2, 1, "not YAML: "),
        (b"a: \x1b[2J", 1, 4, "holds the control character U+001B: take it out"),
        (b"a: 1\nb: x\0y", 2, 5, "holds the control character U+0000: take it out"),
        ("a: '\u00e9'\nb: ".encode() + b"\xff", 2, 4, "not UTF-8 (byte 0xFF): save the file in that encoding"),
        ("a: caf\u00e9".encode("latin-1"), 1, 7, "not UTF-8 (byte 0xE9): save the file in that encoding"),
        ("a: 1".encode("utf-16"), 1, 1, "not UTF-8 (it is UTF-16 or UTF-32): save the file in that encoding"),
        ("a: 1".encode("utf-32"), 1, 1, "not UTF-8 (it is UTF-16 or UTF-32): save the file in that encoding"),
        ("a: 1".encode("utf-16-le"), 1, 2, "holds the control character U+0000: take it out"),
        (b"a: 1\rb: 2", 1, 5, "holds the line end of an old Mac (CR without LF): take it out"),
        ("a: 1 # \u2028b: 2".encode(), 1, 8, "holds the line separator U+2028: take it out"),
        ("a: \ufeff1".encode(), 1, 4, "holds the control character U+FEFF: take it out"),
        (b'a: "\\ud800"', 1, 7, "not YAML: found invalid Unicode character escape code"),
        (b"x" * (LARGEST + 1), 1, 1, "larger than 1 MB: no runbook is, make several of it"),
    ],
)
def test_what_a_runbook_does_not_need_is_refused_with_its_place(
    source: bytes, line: int, column: int, message: str
) -> None:
    found = refused(source)
    assert found[:2] == (line, column)
    assert found[2].startswith(message)


LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (here, here, *[here - 1] * 9) for here in range(98, 107)
)
BOMBS = {
    "a billion laughs": LAUGHS,
    "lists in lists": b"[" * LARGEST,
    "mappings in mappings": b"{a: " * (LARGEST // 4),
    "dashes in dashes": b"- " * (LARGEST // 2),
    "questions": b"? " * (LARGEST // 2),
    "indentation": b"".join(b" " * depth + b"a:\n" for depth in range(1000)),
    "a key of a megabyte": b"a" * (LARGEST - 3) + b": 1",
    "one key": b"{" + b"a," * (LARGEST // 2 - 1) + b"}",
    "tag handles": b"".join(b"%%TAG !a%d! x\n" % number for number in range(50_000)),
    "small things": b"\n- a: 1" * (LARGEST // 7),
    "a flow of small things": b"[" + b"a," * (LARGEST // 2 - 1) + b"]",
    "spaces": b" " * LARGEST,
    "line ends": b"\n" * LARGEST,
    "documents": b"--- a\n" * (LARGEST // 6),
    "a quote that is not closed": b'"' + b"a " * (LARGEST // 2 - 1),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    begun = time.process_time()
    refused(BOMBS[bomb])
    assert time.process_time() - begun < SECONDS


def test_more_than_any_runbook_holds_is_refused_with_the_place_where_it_is_too_much() -> None:
    assert isinstance(document(b"- a\n" * (MOST - 1)), Sequence)
    assert refused(b"- a\n" * MOST) == (MOST, 3, "more than 25,000 keys and values: no runbook has, make several of it")
    line, _, message = refused(b"".join(b"k%d: v\n" % number for number in range(MOST)))
    assert (line, message[:16]) == (12_500, "more than 25,000")


def told_or_read(source: bytes) -> None:
    """Read a document; nothing but a Problem may come of it."""
    with suppress(Problem):
        plain(document(source))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_one_problem(source: bytes) -> None:
    told_or_read(source)


@given(st.text(alphabet="ab:-[]{}'\"|>?!&*#%@`~ \n\t0.", max_size=60))
def test_any_text_of_yamls_own_signs_is_a_document_or_one_problem(text: str) -> None:
    told_or_read(text.encode())
