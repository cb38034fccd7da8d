"""What is thought of a command that ended. Rule: what was ended by somebody did not end well, whatever it says."""

import signal

from console.core.durations import spoken
from console.core.observations import Measured
from console.core.runbook import Step
from console.steps.shell.attempt import Ended, Judged
from console.steps.shell.fields import Expect


def verdict(ended: Ended, expect: Expect, *, found: bool, timeout: str) -> Judged:
    """Judge it."""
    took = spoken(ended.seconds)
    if ended.why == "cancel":
        return Judged(passed=False, words=f"ended because it was cancelled, after {took}: {_told(ended)}")
    if ended.why == "limit":
        return Judged(passed=False, words=f"ended because it took longer than {timeout}: {_told(ended)}")
    if ended.status != expect.status:
        return Judged(passed=False, words=f"{_told(ended)} instead of {expect.status}, after {took}")
    if expect.output and not found:
        return Judged(passed=False, words=f"{_told(ended)} after {took}, but no line matches {expect.output}")
    return Judged(passed=True, words=f"{_told(ended)} after {took}")


def _told(ended: Ended) -> str:
    if ended.status >= 0:
        return f"exit status {ended.status}"
    try:
        return signal.Signals(-ended.status).name
    except ValueError:
        return f"signal {-ended.status}"


def measured(step: Step, ended: Ended, expect: Expect, *, found: bool) -> tuple[Measured, ...]:
    """Return the rows of what was expected and found."""
    passed = ended.status == expect.status and not ended.why
    rows = [
        Measured(
            step=step.id,
            check="exit status",
            expected=str(expect.status),
            actual=str(ended.status) if ended.status >= 0 else _told(ended),
            passed=passed,
            seconds=ended.seconds,
        )
    ]
    if expect.output:
        actual = "a line matches" if found else "no line matches"
        rows.append(Measured(step=step.id, check="output", expected=expect.output, actual=actual, passed=found))
    return tuple(rows)
