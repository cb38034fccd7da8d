"""What a server says of the statement under way. Rule: a rate is told only when two looks at one phase give it."""

from console.core.durations import spoken
from console.core.observations import ServerProgressed
from console.core.state import StepState
from console.views import figures
from console.views.rows import Body, Line, Span, labelled, line
from console.views.text import one_line
from console.views.tones import Tone

BAR_WIDTH = 14

SOON = 1.0
"""Seconds between two looks below which they tell no rate."""

BYTES = "bytes"

WORDS = 60
"""Characters of what a server calls its work."""


def share(seen: ServerProgressed) -> float | None:
    """Return how much of a phase is done, 0 to 1; None when the server does not say."""
    if seen.done is None or not seen.total or seen.total < 0:
        return None
    return min(max(seen.done / seen.total, 0.0), 1.0)


def rate(step: StepState) -> float | None:
    """Return how much of `unit` is done in a second of the present phase; None when that cannot be told."""
    first, last = step.server_first, step.server
    if first is None or last is None or first.done is None or last.done is None:
        return None
    length, more = last.seconds - first.seconds, last.done - first.done
    return more / length if length >= SOON and more > 0 else None


def left(step: StepState) -> float | None:
    """Return the seconds that are left of the present phase at its rate; None when that cannot be told."""
    seen, fast = step.server, rate(step)
    if seen is None or seen.done is None or not seen.total or fast is None:
        return None
    return max(seen.total - seen.done, 0) / fast


def amount(number: float, unit: str) -> str:
    """Say a number of something in few characters: `41 k blocks`, `1.2 GB`."""
    if unit == BYTES:
        return figures.size(number)
    return f"{figures.quantity(number)} {one_line(unit, limit=20)}".rstrip()


def server_wordings(step: StepState, seen: ServerProgressed) -> tuple[Line, ...]:
    """Say what the server does with a step, from the longest to the shortest wording."""
    doing, way = one_line(seen.doing, limit=WORDS), share(seen)
    waits = f"waits for {one_line(seen.waits_for, limit=40)}" if seen.waits_for else ""
    grown = f"grown {figures.size(seen.grown)}" if seen.grown is not None else ""
    took = spoken(seen.seconds)
    if way is None:
        done = amount(seen.done, seen.unit) if seen.done else ""
        return _joined((doing, took, done, waits, grown), (doing, took, grown), (doing, took), (took,))
    fast, rest = rate(step), left(step)
    speed = f"{amount(fast, seen.unit)}/s" if fast is not None else took
    time_left = f"{spoken(rest)} left" if rest is not None else ""
    percent = figures.percent(way)
    bar = Span(f"{figures.bar(way, width=BAR_WIDTH)} ", Tone.RUNNING)
    long, middle, short, brief, least = _joined(
        (percent, doing, speed, time_left, waits, grown),
        (percent, doing, speed, time_left),
        (percent, doing, time_left),
        (percent, time_left),
        (percent,),
    )
    return ((bar, *long), (bar, *middle), (bar, *short), short, brief, least)


def _joined(*wordings: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(line(Span("  ".join(each for each in words if each), Tone.RUNNING)) for words in wordings)


def server_body(step: StepState) -> Body:
    """Say all that the server says of a step under way."""
    seen = step.server
    if seen is None:
        return ()
    fast, rest = rate(step), left(step)
    return labelled(
        (
            ("server", one_line(seen.doing, limit=400)),
            ("since", spoken(seen.seconds)),
            ("done", _done(seen)),
            ("rate", f"{amount(fast, seen.unit)}/s" if fast is not None else ""),
            ("left", f"{spoken(rest)} of this phase" if rest is not None else ""),
            ("waits for", one_line(seen.waits_for, limit=200)),
            ("grown", figures.size(seen.grown) if seen.grown is not None else ""),
        )
    )


def _done(seen: ServerProgressed) -> str:
    way = share(seen)
    if seen.done is None:
        return ""
    if way is None or seen.total is None:
        return _exact(seen.done, seen.unit)
    done = figures.size(seen.done) if seen.unit == BYTES else figures.count(seen.done)
    return f"{done} of {_exact(seen.total, seen.unit)}, {figures.percent(way)}"


def _exact(number: int, unit: str) -> str:
    return figures.size(number) if unit == BYTES else f"{figures.count(number)} {one_line(unit, limit=20)}".rstrip()
