"""The real clock: it follows a wall clock that is adjusted, and none that is set."""

from datetime import UTC, datetime, timedelta

import pytest

from console.engine.clock import SystemClock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Hands:
    """What the machine's clocks say."""

    def __init__(self) -> None:
        self.wall, self.passed = NOON.timestamp(), 500.0
        self.clock = SystemClock(wall=lambda: self.wall, passed=lambda: self.passed)

    def pass_by(self, seconds: float, *, gain: float = 0.0) -> datetime:
        """Let time pass; the wall clock gains some on it."""
        self.passed += seconds
        self.wall += seconds + gain
        return self.clock.now()


def test_it_tells_the_time_that_the_wall_clock_tells() -> None:
    hands = Hands()
    assert hands.clock.now() == NOON
    assert hands.pass_by(3600) == NOON + timedelta(hours=1)


@pytest.mark.parametrize("set_by", [86_400, -86_400, 3600, -3600])
def test_a_wall_clock_that_is_set_is_not_followed(set_by: float) -> None:
    hands = Hands()
    assert hands.pass_by(10, gain=set_by) == NOON + timedelta(seconds=10)
    assert hands.pass_by(10) == NOON + timedelta(seconds=20)


def test_a_wall_clock_that_is_set_back_right_is_followed_again() -> None:
    hands = Hands()
    hands.pass_by(10, gain=86_400)
    assert hands.pass_by(10, gain=-86_400 + 1) == NOON + timedelta(seconds=21)


def test_a_wall_clock_that_is_adjusted_little_by_little_is_followed() -> None:
    hands = Hands()
    for _ in range(9):
        hands.pass_by(100, gain=2)
    assert hands.pass_by(100, gain=2) == NOON + timedelta(seconds=1020)
