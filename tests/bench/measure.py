"""Two things measured in turns, and what their ratio is. Rule: every figure comes with its n and its spread."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from statistics import median, quantiles

Series = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: the full size for figures, a sample to see that the harness works."""

    starts: int
    """Processes started, of each sort."""
    screens: int
    """Screens opened in tmux, of each sort."""
    steps: int
    """Steps that go through an engine."""
    long_runbook: int
    """Steps of the long runbook; the short one has a hundredth, the phases are ten."""
    events: int
    """Records of the long journal; the short one has a tenth."""
    repeats: int
    """Repetitions of what takes long."""
    keys: int
    """Keys pressed while the database works, and as many while it does not."""
    rows: int
    """Rows of the table that is filled meanwhile."""
    reader: float
    """Seconds for which somebody reads the table that is to be changed."""
    readers: int
    """How often that is measured."""


FULL = Size(
    starts=40,
    screens=15,
    steps=200,
    long_runbook=1000,
    events=100_000,
    repeats=7,
    keys=60,
    rows=15_000_000,
    reader=12.0,
    readers=5,
)
SAMPLE = Size(
    starts=2,
    screens=1,
    steps=3,
    long_runbook=1000,
    events=1000,
    repeats=2,
    keys=3,
    rows=3_000_000,
    reader=2.0,
    readers=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing against another: the i-th measurement of either belongs to the same turn."""

    what: str
    against: str
    unit: str
    """`ms`, `µs` or `MiB`."""
    measured: Series
    compared: Series
    target: str = ""
    """What the ratio should be, in words; empty when nothing was promised."""
    at_most: float = inf
    """What the ratio of a small sample, too, must keep on any machine."""

    def __post_init__(self) -> None:
        if len(self.measured) != len(self.compared) or not self.measured:
            raise ValueError(f"{self.what}: {len(self.measured)} measurements against {len(self.compared)}")

    @property
    def ratio(self) -> float:
        """The median of the turns' ratios: what slows a whole turn down does not count."""
        return median(self.ratios)

    @property
    def ratios(self) -> Series:
        """The ratio of each turn."""
        return tuple(mine / other for mine, other in zip(self.measured, self.compared, strict=True))


def quartiles(series: Series) -> tuple[float, float]:
    """Return the lower and the upper quartile; the value itself twice when there is only one."""
    if len(series) == 1:
        return series[0], series[0]
    low, _, high = quantiles(series, n=4, method="inclusive")
    return low, high


def in_turns(turns: int, *acts: Callable[[], float]) -> tuple[Series, ...]:
    """Do every act once per turn, in an order that alternates; a first turn warms up and does not count."""
    found: list[list[float]] = [[] for _ in acts]
    for turn in range(turns + 1):
        for index in range(len(acts)) if turn % 2 else reversed(range(len(acts))):
            found[index].append(acts[index]())
    return tuple(tuple(series[1:]) for series in found)


async def awaited_in_turns(turns: int, *acts: Callable[[], Awaitable[float]]) -> tuple[Series, ...]:
    """Do the same with acts that are awaited."""
    found: list[list[float]] = [[] for _ in acts]
    for turn in range(turns + 1):
        for index in range(len(acts)) if turn % 2 else reversed(range(len(acts))):
            found[index].append(await acts[index]())
    return tuple(tuple(series[1:]) for series in found)


def scaled(series: Series, factor: float) -> Series:
    return tuple(value * factor for value in series)
