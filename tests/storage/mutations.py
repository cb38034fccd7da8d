"""Documents as chance makes them: real ones with wrong bytes, tokens and lines in them, and trees of known keys."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from console.storage.schema import schema
from tests.source import ROOT

RUNBOOKS = tuple(
    path.read_bytes() for path in (Path(__file__).with_name("sound.yaml"), *sorted((ROOT / "runbooks").glob("*.yaml")))
)
ANSWERS = tuple(path.read_bytes() for path in sorted((ROOT / "runbooks" / "answers").glob("*.yaml")))
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
HOSTILE = (
    *("~", "null", "[]", "{}", "5", "-1", "0", "true", "''", "[[]]", "{a: b}", "1e5", "0x10", ".inf", "9" * 30),
    *("'\\0'", "\u202e", "\u2028", "\x85", "\ufeff", "\ufffe", "\U000e0001", "\u0301", "\x1b[2J", "[red]x[/]"),
    *("\n", "\r", "\r\n", "\t", "  ", ": ", "- ", "? ", "| ", "> ", "# ", "---\n", "...\n", "%TAG ! x\n", "<<: *a"),
    *("&a ", "*a", "!!binary ", "!x", "'", '"', "`", ";", "/*", "--", "$$", "(", ")", "{", "}", "@", ":low", ":high"),
    *("env:", "sqlite:", "postgresql://a:b@c", "PASSWORD 'x'", "a" * 300, "é", "日本", "😀", "\x7f", "\ud7ff"),
    *("0s", "0ms", "999999d", "1000000s", "90 s", "BEGIN", "DELETE FROM t", "CREATE TRIGGER", "PRAGMA", "WITH"),
)


@st.composite
def wrong_bytes(draw: st.DrawFn, sources: Sequence[bytes]) -> bytes:
    """Return a document in which bytes are others, more or fewer."""
    source = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(source)))
        length = draw(st.sampled_from([0, 1, 1, 2, 10, 200]))
        new = draw(st.one_of(st.binary(max_size=4), st.just(source[place : place + length] * 2)))
        source = source[:place] + new + source[place + length :]
    return source


@st.composite
def wrong_tokens(draw: st.DrawFn, sources: Sequence[bytes]) -> bytes:
    """Return a document in which words and signs are others, twice there or gone."""
    tokens = _TOKEN.findall(draw(st.sampled_from(sources)).decode())
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(tokens) - 1))
        other = draw(st.sampled_from(tokens) | st.sampled_from(HOSTILE) | st.text(max_size=8))
        tokens[place : place + 1] = draw(st.sampled_from([[], [other], [tokens[place], other], [tokens[place]] * 2]))
        tokens = tokens or ["a"]
    return "".join(tokens).encode("utf-8", "surrogatepass")


@st.composite
def wrong_lines(draw: st.DrawFn, sources: Sequence[bytes]) -> bytes:
    """Return a document in which lines are elsewhere, twice there, gone or further in."""
    lines = draw(st.sampled_from(sources)).decode().splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        place, target = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        lines[place : place + 1] = draw(st.sampled_from([[], [line, line], [f"  {line}"], [line.lstrip()]]))
        lines.insert(target, draw(st.sampled_from([line, "", "\n", "\t\n"])))
    return "".join(lines).encode()


def trees() -> st.SearchStrategy[bytes]:
    """Return documents of the keys that runbooks have, with values of any kind under them."""
    keys = st.sampled_from(sorted(_keys(schema())))
    words = st.sampled_from(HOSTILE) | st.sampled_from(["a", "SELECT 1", "UPDATE t SET a = 1", "high", "sqlite", "1h"])
    leaves = st.none() | st.booleans() | st.integers(-5, 10**7) | st.floats(allow_nan=False) | words
    inner = st.recursive(
        leaves,
        lambda each: st.lists(each, max_size=3) | st.dictionaries(keys, each, max_size=5),
        max_leaves=12,
    )
    step = st.dictionaries(keys, inner, max_size=4).map(lambda tree: {"id": "s", **tree})
    steps = st.lists(step, max_size=3)
    phase = st.fixed_dictionaries({"id": st.sampled_from(["a", "b"]) | inner, "steps": steps | inner})
    head = {"runbook": "r", "title": "t", "engine": "sqlite", "databases": {"main": "env:D"}}
    whole = st.builds(
        lambda changes, phases: {**head, "phases": phases, **changes},
        st.dictionaries(keys, inner, max_size=3),
        st.lists(phase, max_size=3) | inner,
    )
    return whole.map(lambda tree: yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode())


def hostile_text() -> st.SearchStrategy[bytes]:
    """Return nothing but what nobody expects."""
    return st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=12).map(
        lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass")
    )


def of(sources: Sequence[bytes]) -> dict[str, st.SearchStrategy[bytes]]:
    """Return every way in which documents can be wrong."""
    return {
        "bytes": wrong_bytes(sources),
        "tokens": wrong_tokens(sources),
        "lines": wrong_lines(sources),
        "trees": trees(),
        "text": hostile_text(),
    }


def _keys(value: Any) -> set[str]:
    """Return the names of all properties in a schema."""
    match value:
        case {"properties": dict(properties)}:
            return set(properties).union(*map(_keys, value.values()), *map(_keys, properties.values()))
        case dict():
            return set[str]().union(*map(_keys, value.values()))
        case list() | tuple():
            return set[str]().union(*map(_keys, value))
        case _:
            return set()
