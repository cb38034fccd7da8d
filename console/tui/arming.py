"""A delay after which keys count. Rule: what was typed before a person can have seen the question answers nothing."""

from time import monotonic

SOON = 0.4
"""Seconds before a dialog takes an answer."""

SLOW = 0.8
"""Seconds before the dialog of a point of no return takes one."""

STAYS = 15.0
"""Seconds for which it is said why something was not done: afterwards it may not be so any more."""


class Arming:
    """Counts the seconds since something came to be on the screen."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = monotonic()

    def again(self) -> None:
        """Begin to count anew."""
        self._since = monotonic()

    @property
    def armed(self) -> bool:
        """Whether keys count."""
        return monotonic() - self._since >= self._seconds
