"""Durations as people write and read them (`90s`, `15m`, `72h`). Rule: seconds inside, words outside."""

import re

PATTERN = r"^[0-9]{1,6}(ms|s|m|h|d)$"
"""Six digits at most: from any date of a run, the longest still ends before the calendar does."""
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)")
_TENTHS_UP_TO, _MINUTE = 10, 60


def seconds(written: str) -> float:
    """Return the length of a written duration in seconds.

    Raises ValueError when it is not one to six digits followed by ms, s, m, h or d.
    """
    found = _WRITTEN.fullmatch(written)
    if not found:
        raise ValueError(f"{written!r} is not a duration such as 250ms, 90s, 15m, 72h or 14d")
    return int(found[1]) * _SECONDS[found[2]]


def spoken(length: float) -> str:
    """Say a length in seconds the way a clock on the wall would: `0.3 s`, `4:10`, `1:12:44`, `3 d 02:00`."""
    if round(length, 1) < _TENTHS_UP_TO:
        return f"{max(length, 0):.1f} s"
    if round(length) < _MINUTE:
        return f"{length:.0f} s"
    minutes, second = divmod(max(int(length), _MINUTE), _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{second:02d}"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02d}:{minutes:02d}" if days else f"{hours}:{minutes:02d}:{second:02d}"
