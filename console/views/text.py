"""The one funnel for text that others wrote.

Rule: what leaves it holds no control, no invisible and no bidi character.
"""

import unicodedata

LIMIT = 4096
"""Characters of one value that are shown at most."""

COUNTED = 100
"""From this limit on it is said how many characters of a longer value are not shown."""

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
"""Unicode has a visible picture of each control character of ASCII."""

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_UNEVEN = (
    (0x20E3, 0x20E3),
    (0x2630, 0x2637),
    (0x268A, 0x268F),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0x1F3FB, 0x1F3FF),
    (0xE0100, 0xE01EF),
)
"""Ranges whose width terminals do not agree on: everything right of them would shift."""

_BLANK = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0x1D159, 0x1D159),
)
"""Ranges of letters, marks and signs that nobody sees."""


def safe(value: object, *, multiline: bool = False, limit: int = LIMIT) -> str:
    """Return text that can be shown: controls as pictures, the invisible as ⟨code⟩, the rest counted."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = "".join(character if character == "\n" and multiline else _shown(character) for character in text[:limit])
    return f"{shown}…(+{len(text) - limit:,})" if len(text) > limit else shown


def _shown(character: str) -> str:
    code = ord(character)
    if character.isascii():
        return character if character.isprintable() else _PICTURES[code]
    if unicodedata.category(character) in _UNSHOWABLE or any(low <= code <= high for low, high in (*_UNEVEN, *_BLANK)):
        return f"⟨{code:04X}⟩"
    return character


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def one_line(value: object, *, limit: int = 300) -> str:
    """Return a value in one line: runs of white space are one space."""
    text = value if isinstance(value, str) else repr(value)
    flat = " ".join(text[: limit * 4].split())
    return safe(flat, limit=limit) if limit >= COUNTED or len(flat) <= limit else f"{safe(flat[: limit - 1])}…"
