"""Whatever comes in, what goes out can be shown in a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.views.rows import Code, Span
from console.views.text import cells, one_line, safe


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_nothing_that_is_no_visible_character_comes_out(text: str) -> None:
    for shown in (safe(text), one_line(text), Span(text).text):
        assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_of_the_controls_only_the_end_of_a_line_comes_out_of_code(text: str) -> None:
    found = {
        each for each in Code(text).text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }
    assert found <= {"\n"}


@given(st.text(max_size=300))
def test_what_has_passed_once_passes_unchanged(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "␛[2J"),
        ("a\x00b\x7f", "a␀b␡"),
        ("\u202eevil", "⟨202E⟩evil"),
        ("a\u200bb", "a⟨200B⟩b"),
        ("⚠\ufe0f", "⚠⟨FE0F⟩"),
        ("\x9b2J", "⟨009B⟩2J"),
        ("op\u3164 \u034f\u2800", "op⟨3164⟩ ⟨034F⟩⟨2800⟩"),
        ("数据", "数据"),
        (None, "None"),
    ],
)
def test_what_cannot_be_shown_is_named(written: object, shown: str) -> None:
    assert safe(written) == shown


def test_a_long_value_is_cut_and_the_rest_is_counted() -> None:
    assert safe("x" * 1_000_000, limit=10) == "xxxxxxxxxx…(+999,990)"
    assert one_line("word " * 100, limit=9) == "word wor…"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("数据", 4), ("e\u0301", 1), ("", 0)])
def test_cells_are_what_a_terminal_counts(text: str, width: int) -> None:
    assert cells(text) == width
