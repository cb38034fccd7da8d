"""Runs a program: a migration tool, a backup, a smoke test, a deployment. Rule: it ends by itself or because a person
asks, never because an engine does; what it did is told by its exit status, or by `done_when`.
"""

from collections.abc import AsyncIterator

from msgspec import convert
from msgspec.structs import replace

from console.core.durations import seconds
from console.core.errors import CheckFailed, GateError, Interrupted, RunbookError
from console.core.observations import Noticed, Observation
from console.core.ports import Clock, Database, Facts, LedgerEntry, Preview, Settled, unasked
from console.core.runbook import Step
from console.steps._ledger import in_effect, mark_complete
from console.steps._values import discreet, shortened, truth
from console.steps.shell.attempt import Attempt, AtWork, Ended, Judged, NotBegun, Vanished
from console.steps.shell.fields import Data, Expect, command, described, ensure_sound, shown, undoing
from console.steps.shell.judging import measured, verdict
from console.steps.shell.output import Output
from console.steps.shell.surroundings import FIXED, PASSED, environ, kept_secret
from console.steps.shell.working import finished, says

KEY = "shell"


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title. Raises ValueError for what cannot be executed and for a step without a way back."""
    ensure_sound(step, data, engine=engine)
    return replace(step, title=step.title or shortened(shown(command(data))))


def preview(step: Step, facts: Facts) -> Preview:
    """Say what is executed, where, with what and for how long."""
    data = convert(step.data, Data)
    words = described(data, passed=(*PASSED, *(f"{name}={value}" for name, value in FIXED.items())))
    return Preview(words=words, undo=step.undo or step.restore or "")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Execute it, unless the ledger says that it happened. Raises CheckFailed when it is not as expected."""
    data = convert(step.data, Data)
    if in_effect(await database.entry()):
        yield "it had happened before"
        return
    async for item in _executed(step, data, command(data), data.expect, facts=facts, database=database):
        yield item


async def settle(step: Step, *, database: Database) -> Settled:
    """Ask the ledger, then the traces of the command. Raises GateError while it is at work: it ends by itself."""
    data, ticket = convert(step.data, Data), database.ticket
    if _recorded(await database.entry(), database):
        return Settled(happened="yes", evidence="the ledger says so")
    expect = data.expect if ticket.action == "run" else Expect()
    attempt = Attempt(ticket)
    match attempt.standing():
        case NotBegun(why=why):
            return Settled(happened="no", evidence=why or "the command was not started")
        case AtWork(pid=pid):
            raise _at_work(step, attempt, pid, database)
        case Ended() as ended:
            judged = attempt.judged() or await _judged_now(step, attempt, ended, expect, database)
            if judged.passed:
                return Settled(happened="yes", evidence=judged.words)
            return await _otherwise(data, judged.words, database, known=True)
        case Vanished():
            words = "the command was begun, and nobody knows how it ended: the machine was stopped, or all was killed"
            return await _otherwise(data, words, database, known=False)


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Execute its undo, if it was ever begun. Raises GateError when there is only a restore."""
    data, done = convert(step.data, Data), in_effect(await database.entry())
    if not done and not Attempt(database.ticket).any_begun():
        yield "nothing had happened"
    elif step.undo:
        words = undoing(step.undo, data)
        async for item in _executed(step, data, words, Expect(), facts=facts, database=database):
            yield item
    elif step.restore:
        raise GateError(f"{step.title!r} cannot be undone", remedy=f"restore: {step.restore}")
    else:
        await mark_complete(database)
        yield "nothing to undo: it changes nothing"


async def _executed(
    step: Step, data: Data, words: tuple[str, ...], expect: Expect, *, facts: Facts, database: Database
) -> AsyncIterator[Observation | str]:
    surroundings, attempt = environ(data.env, data.secrets), Attempt(database.ticket)
    # Who has no right to write any more starts no command either: opening the transaction tells.
    async with database.transaction(completes=False):
        pass
    await attempt.begin(words, folder=data.folder, environ=surroundings, limit=seconds(data.timeout))
    output = _output(data, attempt, expect)
    standing = await finished(attempt, output, step=step.id, say=database.say, cancelling=facts.cancelling)
    match standing:
        case Ended() as ended:
            judged = verdict(ended, expect, found=output.found, timeout=data.timeout)
            attempt.judge(judged)
            if ended.why == "cancel":
                raise Interrupted(judged.words)
            if judged.passed:
                await mark_complete(database)
            for each in measured(step, ended, expect, found=output.found):
                yield each
            if not judged.passed:
                raise CheckFailed(
                    f"{step.title!r}: {judged.words}", remedy="find out what it did and mend it, then start it again"
                )
            yield judged.words
        case NotBegun(why=why):
            raise RunbookError(f"the command could not be started: {why}", remedy="correct the name of the program")
        case _:
            raise CheckFailed(f"{step.title!r}: nobody knows how the command ended", remedy="find out what it did")


def _output(data: Data, attempt: Attempt, expect: Expect) -> Output:
    return Output(attempt.folder / "output", wanted=expect.output, secrets=kept_secret(data.secrets))


async def _judged_now(step: Step, attempt: Attempt, ended: Ended, expect: Expect, database: Database) -> Judged:
    """Think of a command that ended while no engine was there, and say what it said."""
    data = convert(step.data, Data)
    output = _output(data, attempt, expect)
    await finished(attempt, output, step=step.id, say=database.say, cancelling=unasked)
    judged = verdict(ended, expect, found=output.found, timeout=data.timeout)
    attempt.judge(judged)
    return judged


def _recorded(entry: LedgerEntry | None, database: Database) -> bool:
    """Tell whether the ledger says that the attempt happened; that it never heard of one says nothing."""
    if database.ticket.action == "run":
        return in_effect(entry)
    return entry is not None and entry.rolled_back_at is not None and entry.attempt == database.ticket.attempt


def _at_work(step: Step, attempt: Attempt, pid: int, database: Database) -> GateError:
    told = f"the command is still at work, under process {abs(pid)}, and goes on by itself"
    way = f"`kill -- {pid}` ends it, with all it started"
    if attempt.first_told():
        database.say(Noticed(step=step.id, text=f"{told}; {way}"))
    return GateError(told, remedy=f"wait for it, or {way}")


async def _otherwise(data: Data, words: str, database: Database, *, known: bool) -> Settled:
    """Settle what did not end as expected: by `done_when`, or by what the runbook says of the command."""
    if data.changes == "nothing":
        return Settled(happened="no", evidence=f"{words}; it changes nothing and can be started again")
    if data.done_when:
        happened, answer = await _done(data, database)
        if happened is not None:
            wanted = happened == (database.ticket.action == "run")
            return Settled(happened="yes" if wanted else "no", evidence=f"{words}; done_when answers {answer}")
        words = f"{words}; done_when answers {answer}"
    if known:
        return Settled(happened="partly", evidence=f"{words}; what it did before that, only its output tells")
    if data.idempotent and database.ticket.action == "run":
        return Settled(happened="no", evidence=f"{words}; it can be started again")
    return Settled(happened="unknown", evidence=f"{words}; look at what it was to change")


async def _done(data: Data, database: Database) -> tuple[bool | None, str]:
    if isinstance(data.done_when, tuple):
        said = await says(data.done_when, folder=data.folder, env=data.env, secrets=data.secrets)
        return said, {True: "yes", False: "no", None: "nothing of use"}[said]
    answer = await database.query(data.done_when, limit=1)
    value = answer.rows[0][0] if answer.rows else None
    return truth(value), discreet(value)
