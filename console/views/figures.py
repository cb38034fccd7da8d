"""Numbers and times as people read them. Rule: UTC, as in the journal; the header says so once."""

from datetime import datetime, timedelta

BAR = "█"
TROUGH = "░"

_SIZES = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_DIGITS = 10
"""From here on a number says enough without a digit behind the point."""


def clock(at: datetime) -> str:
    """Say a moment to the minute."""
    return f"{at:%H:%M}"


def clock_seconds(at: datetime) -> str:
    """Say a moment to the second."""
    return f"{at:%H:%M:%S}"


def day_and_clock(at: datetime, *, now: datetime) -> str:
    """Say a moment to the minute, with its date unless that is today."""
    return clock(at) if at.date() == now.date() else f"{at:%d %b %H:%M}"


def count(number: int) -> str:
    """Say a number with its thousands apart."""
    return f"{number:,}"


def quantity(number: float) -> str:
    """Say a large number in few characters: `940`, `41 k`, `1.2 M`."""
    for size, letter in _SIZES:
        if number >= size:
            scaled = number / size
            return f"{scaled:.0f} {letter}" if scaled >= _DIGITS else f"{scaled:.1f} {letter}"
    return f"{number:.0f}"


def size(number: float) -> str:
    """Say a number of bytes in few characters: `940 B`, `41 kB`, `1.2 GB`; less than nothing with its sign."""
    if number < 0:
        return f"–{size(-number)}"
    said = quantity(number)
    return f"{said}B" if " " in said else f"{said} B"


def things(number: int, word: str) -> str:
    """Say a number of things: `1 row`, `2 rows`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def percent(fraction: float) -> str:
    """Say a part of one; only what is whole is 100."""
    return f"{min(int(fraction * 100), 100)} %"


def bar(fraction: float, *, width: int) -> str:
    """Draw a part of one."""
    full = min(max(int(fraction * width), 0), width)
    return BAR * full + TROUGH * (width - full)


def until(moment: datetime, now: datetime) -> float:
    """Return the seconds to a moment, 0 when it is over."""
    return max((moment - now) / timedelta(seconds=1), 0.0)
