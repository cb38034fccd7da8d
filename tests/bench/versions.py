"""The shortest thing that the program does, against the shortest that Python does."""

from collections.abc import Iterator

from tests.bench.measure import Row, Size, in_turns, scaled
from tests.bench.processes import PYTHON, RUNBOOK, Cost, cost, environment

NOTHING = (PYTHON, "-c", "pass")
COMMANDS = {"`runbook --version`": ("--version", "≤ 5"), "`runbook --help`": ("--help", "")}


def rows(size: Size) -> Iterator[Row]:
    """Measure processes from start to end."""
    for name, (argument, target) in COMMANDS.items():
        mine, nothing = _costs(size.starts, (RUNBOOK, argument))
        for label, index in (("wall", 0), ("CPU", 1)):
            yield Row(
                what=f"{name}, {label}",
                against="`python -c pass`",
                unit="ms",
                measured=scaled(mine[index], 1e3),
                compared=scaled(nothing[index], 1e3),
                target=target,
            )


def _costs(turns: int, command: tuple[str, ...]) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
    environ = environment()
    found: dict[tuple[str, ...], list[Cost]] = {command: [], NOTHING: []}

    def run(words: tuple[str, ...]) -> float:
        found[words].append(cost(words, environ=environ))
        return found[words][-1].wall

    in_turns(turns, lambda: run(command), lambda: run(NOTHING))
    return tuple(
        (tuple(each.wall for each in costs[1:]), tuple(each.cpu for each in costs[1:])) for costs in found.values()
    )
