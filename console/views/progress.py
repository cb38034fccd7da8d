"""How far a step under way is. Rule: says nothing that the observations do not carry."""

from datetime import datetime

from console.core.durations import spoken
from console.core.observations import Progressed
from console.core.state import Status, StepState
from console.views import figures
from console.views.locks import awaited, wait_wordings, wait_words
from console.views.rows import Line, Span, line, plain
from console.views.server_progress import server_wordings
from console.views.tones import Tone

BAR_WIDTH = 14


def fraction_of(progress: Progressed) -> float | None:
    """Return how much of the way is done, 0 to 1; None when nobody knows."""
    if progress.fraction is not None:
        return min(max(progress.fraction, 0.0), 1.0)
    return min(progress.done / progress.total, 1.0) if progress.total else None


def seconds_left(progress: Progressed) -> float | None:
    """Return the time left at the present rate, in seconds; None when nobody knows."""
    if not progress.rate:
        return None
    if progress.total is not None:
        return max(progress.total - progress.done, 0) / progress.rate
    way = progress.fraction
    return progress.done * (1 - way) / way / progress.rate if way else None


def wordings(step: StepState, now: datetime) -> tuple[Line, ...]:
    """Say how far a step under way is, or what it waits for, from the longest to the shortest wording."""
    if (lock := awaited(step)) is not None:
        return wait_wordings(step, lock, now)
    if step.until is not None:
        left = figures.until(step.until, now)
        words = f"{spoken(left)} left, until {figures.clock(step.until)}"
        return (_running(words), _running(f"{spoken(left)} left"))
    if step.progress is None and step.server is not None:
        return server_wordings(step, step.server)
    if step.progress is None:
        since = (now - step.started_at).total_seconds() if step.started_at else 0.0
        return (_running(f"under way for {spoken(since)}"), _running(spoken(since)))
    return _measured(step.progress)


def _measured(progress: Progressed) -> tuple[Line, ...]:
    way, left = fraction_of(progress), seconds_left(progress)
    share = figures.percent(way) if way is not None else figures.things(progress.done, "row")
    rate = f"{figures.quantity(progress.rate)} rows/s" if progress.rate else ""
    rest = f"{spoken(left)} left" if left is not None else ""
    batch = f"batch {figures.quantity(progress.batch)}" if progress.batch else ""
    long, middle = (
        _running("  ".join(each for each in words if each))
        for words in ([share, rate, rest, batch], [share, rate, rest])
    )
    drawn = (Span(f"{figures.bar(way, width=BAR_WIDTH)} ", Tone.RUNNING),) if way is not None else ()
    short = _running("  ".join(each for each in (share, rest) if each))
    return ((*drawn, *long), (*drawn, *middle), (*drawn, *short), middle, short, _running(share))


def _running(words: str) -> Line:
    return line(Span(words, Tone.RUNNING))


def how_far(step: StepState, now: datetime) -> str:
    """Say how far a step under way is, or what it waits for, in one line of some length."""
    if (lock := awaited(step)) is not None:
        return wait_words(step, lock, now)
    if step.until is None and step.progress is None and step.server is not None:
        return plain(each for each in wordings(step, now)[0] if not each.text.startswith((figures.BAR, figures.TROUGH)))
    return plain(wordings(step, now)[-2])


def held(step: StepState) -> str:
    """Say where an interrupted step stands: `63 % done`; empty when it has no position."""
    if step.progress is None or step.status is not Status.INTERRUPTED:
        return ""
    way = fraction_of(step.progress)
    return f"{figures.percent(way)} done" if way is not None else f"{figures.things(step.progress.done, 'row')} done"
