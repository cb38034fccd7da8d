"""What a view is made of: spans, lines, rows, bodies. Rule: a span's text has passed the funnel, whoever wrote it."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import force_setattr

from console.views.text import safe
from console.views.tones import Mark, Tone

CODE_LIMIT = 64 * 1024
"""Characters of SQL that are shown of one step at most."""


class Span(Struct, frozen=True):
    """A piece of text in one tone."""

    text: str
    tone: Tone = Tone.NEUTRAL
    strong: bool = False

    def __post_init__(self) -> None:
        force_setattr(self, "text", safe(self.text))


Line = tuple[Span, ...]


class Code(Struct, frozen=True):
    """SQL over several lines, to be coloured as such."""

    text: str

    def __post_init__(self) -> None:
        force_setattr(self, "text", safe(self.text.expandtabs(4), multiline=True, limit=CODE_LIMIT))


Body = tuple[Line | Code, ...]
"""The text of a pane or a dialog, from top to bottom; long lines wrap."""


class Row(Struct, frozen=True, kw_only=True):
    """One line of a list."""

    key: str
    """What is selected with it."""
    left: Line
    shorter: tuple[Line, ...] = ()
    """Other wordings of the left side, from long to short, for when the first does not fit."""
    end: Line = ()
    """What the left side ends with: it stays whole while what is before it is cut."""
    right: tuple[Line, ...] = ()
    """The same at the right edge, from the longest to the shortest wording: the first that fits is shown."""
    fill: str = ""
    """Character between left and right; empty: a space."""


def line(*parts: Span | str) -> Line:
    """Return a line of spans; a plain string is neutral."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def quiet(text: str) -> Span:
    """Return a span beside the point."""
    return Span(text, Tone.QUIET)


def strong(text: str, tone: Tone = Tone.NEUTRAL) -> Span:
    """Return a span that is read first."""
    return Span(text, tone, strong=True)


def marked(mark: Mark, text: str = "") -> Line:
    """Return a mark's symbol and a text, by default its word."""
    return (Span(f"{mark.symbol} ", mark.tone, strong=True), Span(text or mark.word, mark.tone))


def labelled(pairs: Iterable[tuple[str, Span | str]]) -> Body:
    """Return lines of label and text, the texts below each other; pairs without a text are left out."""
    shown = [(label, text) for label, text in pairs if (text.text if isinstance(text, Span) else text)]
    width = max((len(label) for label, _ in shown), default=0)
    return tuple(line(quiet(f"{label:{width}}  "), text) for label, text in shown)


def texts(body: Body) -> list[str]:
    """Return the lines of a body as text alone."""
    return [each.text if isinstance(each, Code) else plain(each).rstrip() for each in body]


def plain(parts: Iterable[Span]) -> str:
    """Return a line's text alone."""
    return "".join(part.text for part in parts)
