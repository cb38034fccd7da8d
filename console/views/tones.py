"""How things look and what they are called: symbol, word and tone. Rule: a state is never told by its colour alone."""

from enum import StrEnum

from msgspec import Struct

from console.core.state import Status


class Tone(StrEnum):
    """What a piece of text means; a screen gives it a colour, a report a class."""

    NEUTRAL = "neutral"
    QUIET = "quiet"
    """Beside the point."""
    GOOD = "good"
    RUNNING = "running"
    WAITING = "waiting"
    """For a person."""
    LOCKED = "locked"
    BAD = "bad"
    DOUBT = "doubt"
    DANGER = "danger"
    """Cannot be taken back, or is production."""


class Mark(Struct, frozen=True):
    """A state's symbol, word and tone. Symbols are one cell wide in every terminal."""

    symbol: str
    word: str
    tone: Tone


MARKS: dict[Status, Mark] = {
    Status.PENDING: Mark("○", "to do", Tone.NEUTRAL),
    Status.RUNNING: Mark("►", "under way", Tone.RUNNING),
    Status.CANCELLING: Mark("■", "cancelling", Tone.WAITING),
    Status.IN_DOUBT: Mark("?", "in doubt", Tone.DOUBT),
    Status.JUDGING: Mark("◆", "to be judged", Tone.WAITING),
    Status.FAILED: Mark("✖", "failed", Tone.BAD),
    Status.INTERRUPTED: Mark("◐", "held", Tone.WAITING),
    Status.DONE: Mark("✔", "done", Tone.GOOD),
    Status.NOT_APPLICABLE: Mark("–", "not applicable", Tone.QUIET),
    Status.WAIVED: Mark("≈", "waived", Tone.WAITING),
}
"""Of a step, by its status alone."""

READY = Mark("●", "ready", Tone.WAITING)
LOCKED = Mark("⊘", "locked", Tone.LOCKED)
ENTERING = Mark("▻", "checks asked again", Tone.RUNNING)
"""What its phase rests on is asked again before it begins."""
AWAITING = Mark("◌", "waits for a lock", Tone.WAITING)
"""Under way, and not at work: others have what it needs."""
UNDONE = Mark("↶", "undone", Tone.QUIET)
POINT = Mark("━", "point of no return", Tone.DANGER)

LEGEND: tuple[Mark, ...] = (READY, LOCKED, ENTERING, AWAITING, *MARKS.values(), UNDONE, POINT)
"""Every symbol that the screen uses, for its help."""
