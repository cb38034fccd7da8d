"""Sends a request and compares the answer: a health check, or the call that deploys a version. Rule: what acts is sent
again only when nothing reached the server, or the runbook says that it does no harm.
"""

import os
from collections.abc import AsyncIterator

from msgspec import UNSET, convert
from msgspec.structs import replace

from console.core.durations import seconds
from console.core.errors import CheckFailed, GateError, Interrupted
from console.core.observations import Measured, Noticed, Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Step
from console.core.secrets import Secrets, resolve
from console.steps._ledger import in_effect, mark_complete
from console.steps._values import shortened
from console.steps.http.asking import Request, Silence, answer
from console.steps.http.fields import Data, Expect, Retry, ensure_sound, headers, reads, undoing, words
from console.steps.http.judging import judged
from console.steps.http.traces import NOT_SENT, SENT, Trace

KEY = "http"

SLICE = 1.0
"""Seconds of a pause between two tries in which nobody is heard, at most."""
_REFUSED = range(400, 500)
_GOOD = range(200, 300)


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title; what only reads can be asked again. Raises ValueError for what cannot be sent."""
    ensure_sound(step, data)
    title = step.title or shortened(f"{data.method} {data.http}")
    return replace(step, title=title, asks_again=reads(data))


def preview(step: Step, facts: Facts) -> Preview:
    """Say what is sent and what is expected."""
    data = convert(step.data, Data)
    again = "" if data.retry is UNSET else f" Tried again {data.retry.times} times, {data.retry.pause} apart."
    said = f"Sends {data.method} {data.http}. Expected within {data.timeout}: {words(data.expect)}.{again}"
    return Preview(words=said, undo=step.undo or step.restore or "")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Send it, and again while that is allowed and helps. Raises CheckFailed when the answer is not as expected."""
    data = convert(step.data, Data)
    if not reads(data):
        if in_effect(await database.entry()):
            yield "it had happened before"
            return
        # Who has no right to write any more sends nothing either: opening the transaction tells.
        async with database.transaction(completes=False):
            pass
    retry = Retry(times=0) if data.retry is UNSET else data.retry
    measured, again = await _tried(step, data, facts=facts, database=database)
    for number in range(1, retry.times + 1):
        if measured.passed or not again:
            break
        text = f"try {number} of {retry.times + 1}: {measured.actual}; again in {retry.pause}"
        yield Noticed(step=step.id, text=text)
        await _paused(seconds(retry.pause), facts=facts, clock=clock)
        measured, again = await _tried(step, data, facts=facts, database=database)
    if measured.passed and not reads(data):
        await mark_complete(database)
    yield measured
    if not measured.passed:
        raise CheckFailed(
            f"{step.title}: expected {measured.expected}, found {measured.actual}",
            remedy="find out why and mend it, then start it again",
        )
    yield measured.actual


async def _tried(step: Step, data: Data, *, facts: Facts, database: Database) -> tuple[Measured, bool]:
    """Send it once; tell what was measured, and whether it may be sent again."""
    trace = None if reads(data) else Trace(database.ticket)
    harmless = trace is None or data.idempotent or data.changes == "nothing"
    request = _request(data, method=data.method, url=data.http)
    took = 0.0
    if trace is not None:
        trace.write(SENT)
    try:
        found = await answer(request, cancelling=facts.cancelling)
        actual, passed = judged(found, data.expect)
        took = found.seconds
        if trace is not None:
            trace.write(f"{SENT}, answered {found.status}")
    except Silence as error:
        actual, passed, harmless = error.message, False, harmless or not error.sent
        if trace is not None and not error.sent:
            trace.write(NOT_SENT)
    measured = Measured(
        step=step.id,
        check=step.title,
        expected=words(data.expect),
        actual=_hidden(data).masked(actual),
        passed=passed,
        seconds=took,
    )
    return measured, harmless


async def settle(step: Step, *, database: Database) -> Settled:
    """Ask the ledger, then the trace of the request."""
    data, ticket = convert(step.data, Data), database.ticket
    if reads(data):
        return Settled(happened="no", evidence="only reads: it can be asked again")
    entry = await database.entry()
    undone = entry is not None and entry.rolled_back_at is not None and entry.attempt == ticket.attempt
    if in_effect(entry) if ticket.action == "run" else undone:
        return Settled(happened="yes", evidence="the ledger says so")
    trace = Trace(ticket).read()
    if trace in ("", NOT_SENT):
        return Settled(happened="no", evidence="the request was not sent")
    status = trace.rpartition(" ")[2]
    if status.isdigit() and int(status) in _REFUSED:
        return Settled(happened="no", evidence=f"the server refused it with {status}")
    if data.idempotent or data.changes == "nothing":
        return Settled(happened="no", evidence=f"{trace}; it can be sent again")
    return Settled(happened="unknown", evidence=f"the request was {trace}; look at what it was to change")


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Send its undo, if it may have reached the server. Raises GateError when there is only a restore."""
    data = convert(step.data, Data)
    if reads(data):
        yield "nothing to undo"
    elif not in_effect(await database.entry()) and not Trace(database.ticket).any_sent():
        yield "nothing had happened"
    elif step.undo:
        yield await _taken_back(step, step.undo, facts=facts, database=database)
    elif step.restore:
        raise GateError(f"{step.title!r} cannot be undone", remedy=f"restore: {step.restore}")
    else:
        await mark_complete(database)
        yield "nothing to undo: it changes nothing"


async def _taken_back(step: Step, undo: str, *, facts: Facts, database: Database) -> str:
    data, trace = convert(step.data, Data), Trace(database.ticket)
    method, url = undoing(undo)
    request = _request(replace(data, send="", expect=Expect()), method=method, url=url)
    async with database.transaction(completes=False):
        pass
    trace.write(SENT)
    try:
        found = await answer(request, cancelling=facts.cancelling)
    except Silence as error:
        trace.write(SENT if error.sent else NOT_SENT)
        raise
    trace.write(f"{SENT}, answered {found.status}")
    if found.status not in _GOOD:
        raise CheckFailed(f"the undo of {step.title!r} was answered with {found.status}", remedy="find out why")
    await mark_complete(database)
    return f"answered with {found.status}"


def _request(data: Data, *, method: str, url: str) -> Request:
    return Request(
        method=method,
        url=resolve(url, os.environ, in_step=True),
        headers={name: resolve(value, os.environ, what="VALUE", in_step=True) for name, value in headers(data).items()},
        body=data.send.encode(),
        timeout=seconds(data.timeout),
        written=data.timeout,
        redirects=data.redirects == "followed",
        reads_body=data.expect.json is not UNSET or bool(data.expect.body),
    )


def _hidden(data: Data) -> Secrets:
    return Secrets.named_in((data.http, data.headers), os.environ)


async def _paused(length: float, *, facts: Facts, clock: Clock) -> None:
    """Wait before the next try. Raises Interrupted when the step is to end."""
    while length > 0:
        if facts.cancelling():
            raise Interrupted("cancelled between two tries")
        await clock.sleep(min(length, SLICE))
        length -= SLICE
