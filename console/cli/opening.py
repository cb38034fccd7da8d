"""Opens a run for its engine: the one that is open for this runbook and target, or a new one.

Rule: lease before journal.
"""

import os
import shutil
import socket
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import console
from console import databases
from console.core import events as e
from console.core.errors import GateError, RunbookError, WrongTarget
from console.core.evolve import fold
from console.core.identity import Identity
from console.core.ports import Clock, Lease, Target
from console.core.runbook import Runbook
from console.core.state import RunState
from console.storage import runs
from console.storage.journal import Journal
from console.storage.lease import Holder, RunLease, held_by
from console.storage.runbook_file import Loaded, load
from console.storage.sockets import account_of

DEVELOPMENT = "development"
"""The environment of a runbook that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A run whose journal and target are ours."""

    folder: Path
    journal: Journal
    lease: RunLease
    target: Target
    epoch: int
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The run is open in a living engine: attach to that."""

    folder: Path


async def open_run(arguments: Namespace, clock: Clock) -> Opened | Elsewhere:
    """Open the run that the arguments mean. Raises any RunbookConsoleError; nothing is left open then."""
    loaded = _load(arguments)
    url = databases.resolve(loaded.runbook.databases["main"], os.environ)
    target = await databases.open_target(url)
    try:
        identity = await target.identity()
        _same_engine(loaded.runbook, identity)
        opened = await _open(arguments, loaded, target=target, identity=identity, clock=clock)
    except BaseException:
        await target.close()
        raise
    if isinstance(opened, Elsewhere):
        await target.close()
    return opened


async def _open(
    arguments: Namespace, loaded: Loaded, *, target: Target, identity: Identity, clock: Clock
) -> Opened | Elsewhere:
    folder = runs.runs_folder(os.environ, journal=arguments.journal and Path(arguments.journal))
    run = runs.find_open(folder, runbook_id=loaded.runbook.runbook, target=identity)
    if run is None:
        try:
            return await _begin(arguments, loaded, runs_folder=folder, target=target, identity=identity, clock=clock)
        except GateError:
            # Somebody may have begun this very run a moment ago: then it is theirs that we meant.
            run = runs.find_open(folder, runbook_id=loaded.runbook.runbook, target=identity)
            if run is None:
                raise
    if held_by(run.folder) is not None:
        return Elsewhere(folder=run.folder)
    try:
        return await _go_on(arguments, loaded, run=run, target=target, clock=clock)
    except WrongTarget:
        if not arguments.take_over:
            raise
    return await _begin(arguments, loaded, runs_folder=folder, target=target, identity=identity, clock=clock)


def _load(arguments: Namespace) -> Loaded:
    loaded = load(Path(arguments.file), environment=arguments.env)
    known = loaded.runbook.environments
    if known and arguments.env is None:
        raise RunbookError(f"{arguments.file} names environments", remedy=f"say which: --env {' | '.join(known)}")
    return loaded


def _same_engine(runbook: Runbook, identity: Identity) -> None:
    if runbook.engine != identity.engine:
        raise RunbookError(
            f"the runbook is for {runbook.engine}, and {identity.label} is {identity.engine}",
            remedy="correct engine: or databases: in the runbook",
        )


async def _begin(
    arguments: Namespace, loaded: Loaded, *, runs_folder: Path, target: Target, identity: Identity, clock: Clock
) -> Opened:
    account, now = account_of(os.getuid()), clock.now()
    run = runs.create_run(runs_folder, loaded.runbook.runbook, now=now)
    lease: RunLease | None = None
    started = e.RunStarted(
        format=e.FORMAT,
        run=run.id,
        runbook=loaded.runbook,
        source=loaded.source,
        source_name=loaded.source_name,
        source_digest=loaded.source_digest,
        plan_digest=loaded.plan_digest,
        environment=arguments.env or DEVELOPMENT,
        target=identity,
        console=console.__version__,
    )
    try:
        lease = RunLease.acquire(run.folder, holder=_holder(account, clock))
        # The journal comes first: a crash right after it leaves a run to go on with, not a database held by nobody.
        journal = Journal.create(run.journal)
        journal.append(started, at=now, by=account)
        claim = _claim(run, account, environment=started.environment)
        epoch = await target.claim(claim, take_over=arguments.take_over, begins=True)
    except BaseException:
        shutil.rmtree(run.folder)  # the run never began: nothing was done
        if lease is not None:
            lease.release()
        raise
    opened = Opened(folder=run.folder, journal=journal, lease=lease, target=target, epoch=epoch, account=account)
    _engine_started(opened, clock)
    return opened


async def _go_on(arguments: Namespace, loaded: Loaded, *, run: runs.Run, target: Target, clock: Clock) -> Opened:
    account = account_of(os.getuid())
    lease = RunLease.acquire(run.folder, holder=_holder(account, clock))
    try:
        journal = Journal.open(run.journal)
        records = tuple(journal.read())
        state = _state(records, run)
        claim = _claim(run, account, environment=_environment(arguments, state))
        try:
            epoch = await target.claim(claim, take_over=arguments.take_over, after=_last_epoch(records))
        except WrongTarget as error:
            if arguments.take_over and state.ending is None:
                _give_up(journal, error.message, by=account, clock=clock)
            raise
        opened = Opened(folder=run.folder, journal=journal, lease=lease, target=target, epoch=epoch, account=account)
        _engine_started(opened, clock)
        if loaded.plan_digest != state.started.plan_digest:
            text = f"{loaded.source_name} is not what this run began with; the run goes on with what it began with"
            journal.append(e.Noted(text=text), at=clock.now(), by=e.ENGINE)
    except BaseException:
        lease.release()
        raise
    return opened


def _state(records: Sequence[e.Record], run: runs.Run) -> RunState:
    state = fold(records)
    if state is None:
        raise GateError(f"the journal of {run.id} is empty", remedy=f"remove {run.folder}: nothing was started")
    return state


def _last_epoch(records: Sequence[e.Record]) -> int:
    """Return the last epoch that a run was given; 0 when it never was."""
    return max((each.event.epoch for each in records if isinstance(each.event, e.EngineStarted)), default=0)


def _give_up(journal: Journal, reason: str, *, by: str, clock: Clock) -> None:
    """End a run that has no database any more, so that nobody goes on with it."""
    journal.append(e.RunAborted(reason=reason), at=clock.now(), by=by)
    journal.append(e.Sealed(records=journal.seq + 1), at=clock.now(), by=e.ENGINE)


def _environment(arguments: Namespace, state: RunState) -> str:
    begun = state.started.environment
    if arguments.env not in (None, begun):
        raise GateError(
            f"run {state.started.run} was begun in {begun}, not in {arguments.env}",
            remedy=f"go on with --env {begun}, or finish or abort that run",
        )
    return begun


def _claim(run: runs.Run, account: str, *, environment: str) -> Lease:
    return Lease(run=run.id, account=account, host=socket.gethostname(), pid=os.getpid(), environment=environment)


def _holder(account: str, clock: Clock) -> Holder:
    return Holder(pid=os.getpid(), host=socket.gethostname(), account=account, since=clock.now())


def _engine_started(opened: Opened, clock: Clock) -> None:
    event = e.EngineStarted(
        pid=os.getpid(), host=socket.gethostname(), epoch=opened.epoch, torn_bytes=opened.journal.torn_bytes
    )
    opened.journal.append(event, at=clock.now(), by=e.ENGINE)
