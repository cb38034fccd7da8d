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
from console.cli.agreement import (
    committed_in,
    ensure_known_to_database,
    ensure_known_to_journal,
    ensure_not_moved,
)
from console.cli.elsewhere import Elsewhere, answers, attach_to
from console.core import events as e
from console.core.errors import GateError, JournalError, RunbookError, WrongTarget
from console.core.evolve import evolve, fold
from console.core.identity import Identity
from console.core.ports import Clock, Lease, Target
from console.core.runbook import Runbook
from console.core.secrets import Secrets
from console.core.state import RunState, seal
from console.storage import runs, sharing
from console.storage.journal import Journal
from console.storage.lease import Holder, RunLease, held_by
from console.storage.runbook_file import Loaded, load
from console.storage.sockets import account_of

DEVELOPMENT = "development"
"""The environment of a runbook that names none."""
ATTEMPTS = 20
"""How often a run is looked for anew because it ended, or was begun, at that very moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A run whose journal and target are ours."""

    folder: Path
    journal: Journal
    lease: RunLease
    target: Target
    epoch: int
    account: str
    secrets: Secrets


async def open_other(entry: str) -> Target:
    """Open a database that a runbook names beside `main`. Raises RunbookError, Unreachable."""
    return await databases.open_target(databases.resolve(entry, os.environ))


async def open_run(arguments: Namespace, clock: Clock) -> Opened | Elsewhere:
    """Open the run that the arguments mean. Raises any RunbookConsoleError; nothing is left open then."""
    loaded = _load(arguments)
    if arguments.group:
        sharing.prepare(_runs_folder(arguments), group=arguments.group)
    named = Secrets.named_in(loaded.runbook, os.environ)
    secrets = databases.secrets_of(loaded.runbook.databases, os.environ).and_also(named)
    for entry in loaded.runbook.databases.values():
        databases.resolve(entry, os.environ)
    with secrets.kept_from_errors():
        return await _open_target(arguments, loaded, secrets=secrets, clock=clock)


async def _open_target(arguments: Namespace, loaded: Loaded, *, secrets: Secrets, clock: Clock) -> Opened | Elsewhere:
    target = await databases.open_target(databases.resolve(loaded.runbook.databases["main"], os.environ))
    try:
        identity = secrets.out_of(await target.identity())
        _same_engine(loaded.runbook, identity)
        opened = await _open(arguments, loaded, target=target, identity=identity, secrets=secrets, clock=clock)
    except BaseException:
        await target.close()
        raise
    if isinstance(opened, Elsewhere):
        await target.close()
    return opened


async def _open(
    arguments: Namespace, loaded: Loaded, *, target: Target, identity: Identity, secrets: Secrets, clock: Clock
) -> Opened | Elsewhere:
    refused: GateError | None = None
    for _ in range(ATTEMPTS):
        run = runs.find_open(_runs_folder(arguments), runbook_id=loaded.runbook.runbook, target=identity)
        try:
            if run is None and refused is None:
                return await _begin(arguments, loaded, target=target, identity=identity, secrets=secrets, clock=clock)
            if run is None:
                break
            if held_by(run.folder) is None:
                return await _go_on(arguments, loaded, run=run, target=target, secrets=secrets, clock=clock)
            refused = None
            if await answers(run, clock):
                return attach_to(run, group=arguments.group)
        except WrongTarget:
            if not arguments.take_over:
                raise
            return await _begin(arguments, loaded, target=target, identity=identity, secrets=secrets, clock=clock)
        except JournalError:
            if run is None or run.folder.exists():  # a run that could not begin takes its folder away
                raise
        except GateError as error:
            if run is not None and held_by(run.folder) is None:
                raise
            # Somebody may have begun this very run, or gone on with it, a moment ago: then it is theirs that we meant.
            refused = error
    still_open = runs.open_runs(_runs_folder(arguments), runbook_id=loaded.runbook.runbook)
    await ensure_not_moved(target, identity, still_open=(state for _, state in still_open))
    raise refused or GateError("engines at this run begin and end all the time", remedy="try again once they rest")


def _runs_folder(arguments: Namespace) -> Path:
    return runs.runs_folder(os.environ, journal=arguments.journal and Path(arguments.journal))


def _share(arguments: Namespace, run: runs.Run) -> None:
    """Open a run to the group that was named, if any; one that was shared before stays so."""
    if not arguments.group:
        return
    try:
        sharing.share(run.folder, sharing.group_id(arguments.group))
    except OSError as error:
        raise JournalError(
            f"cannot share {run.folder} with the group {arguments.group}: {error.strerror}",
            remedy="only the owner of a run can share it; or leave --group out",
        ) from error


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
    arguments: Namespace, loaded: Loaded, *, target: Target, identity: Identity, secrets: Secrets, clock: Clock
) -> Opened:
    secrets.ensure_not_in(loaded.source, name=loaded.source_name)
    account, now = account_of(os.getuid()), clock.now()
    run = runs.create_run(_runs_folder(arguments), loaded.runbook.runbook, now=now)
    lease: RunLease | None = None
    started = _run_started(run, loaded, environment=arguments.env or DEVELOPMENT, target=identity)
    try:
        _share(arguments, run)
        lease = RunLease.acquire(run.folder, holder=_holder(account, clock))
        # The journal comes first: a crash right after it leaves a run to go on with, not a database held by nobody.
        journal = Journal.create(run.journal)
        sharing.follow(run.journal)
        journal.append(started, at=now, by=account)
        claim = _claim(run.id, account, environment=started.environment)
        epoch = await target.claim(claim, take_over=arguments.take_over, begins=True)
    except BaseException:
        shutil.rmtree(run.folder)  # the run never began: nothing was done
        if lease is not None:
            lease.release()
        raise
    opened = Opened(
        folder=run.folder,
        journal=journal,
        lease=lease,
        target=target,
        epoch=epoch,
        account=account,
        secrets=secrets,
    )
    _engine_started(opened, clock)
    return opened


def _run_started(run: runs.Run, loaded: Loaded, *, environment: str, target: Identity) -> e.RunStarted:
    return e.RunStarted(
        format=e.FORMAT,
        run=run.id,
        runbook=loaded.runbook,
        source=loaded.source,
        source_name=loaded.source_name,
        source_digest=loaded.source_digest,
        plan_digest=loaded.plan_digest,
        environment=environment,
        target=target,
        console=console.__version__,
    )


async def _go_on(
    arguments: Namespace, loaded: Loaded, *, run: runs.Run, target: Target, secrets: Secrets, clock: Clock
) -> Opened:
    account = account_of(os.getuid())
    lease = RunLease.acquire(run.folder, holder=_holder(account, clock))
    try:
        _share(arguments, run)
        journal = Journal.open(run.journal)
        records = tuple(journal.read())
        state = _state(records, run)
        # As it was amended, it may name others than the file that was begun with.
        secrets = secrets.and_also(Secrets.named_in((state.runbook, state.amendment), os.environ))
        name = state.started.run  # by which the ledger knows it, whatever its folder is called now
        claim = _claim(name, account, environment=_environment(arguments, state))
        try:
            await _ensure_agreed(records, run, target, name=name)
            epoch = await target.claim(claim, take_over=arguments.take_over, after=_last_epoch(records))
        except WrongTarget as error:
            if arguments.take_over and state.ending is None:
                _give_up(journal, state, secrets.masked(error.message), by=account, clock=clock)
            raise
        opened = Opened(
            folder=run.folder,
            journal=journal,
            lease=lease,
            target=target,
            epoch=epoch,
            account=account,
            secrets=secrets,
        )
        _engine_started(opened, clock)
        if loaded.plan_digest != state.plan_digest:
            way = "the run goes on with the one it has, `runbook amend` changes it"
            text = f"{loaded.source_name} is not the runbook of this run: {way}"
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


async def _ensure_agreed(records: Sequence[e.Record], run: runs.Run, target: Target, *, name: str) -> None:
    """Refuse a database or a journal that is behind the other. Raises WrongTarget, JournalError."""
    ledger = await target.ledger()
    ensure_known_to_database(committed_in(records), ledger, run=name)
    ensure_known_to_journal(run, ledger, name=name)


def _last_epoch(records: Sequence[e.Record]) -> int:
    """Return the last epoch that a run was given; 0 when it never was."""
    return max((each.event.epoch for each in records if isinstance(each.event, e.EngineStarted)), default=0)


def _give_up(journal: Journal, state: RunState, reason: str, *, by: str, clock: Clock) -> None:
    """End a run that has no database any more, so that nobody goes on with it."""
    ended = evolve(state, journal.append(e.RunAborted(reason=reason), at=clock.now(), by=by))
    journal.append(seal(ended), at=clock.now(), by=e.ENGINE)


def _environment(arguments: Namespace, state: RunState) -> str:
    begun = state.started.environment
    if arguments.env not in (None, begun):
        raise GateError(
            f"run {state.started.run} was begun in {begun}, not in {arguments.env}",
            remedy=f"go on with --env {begun}, or finish or abort that run",
        )
    return begun


def _claim(run: str, account: str, *, environment: str) -> Lease:
    return Lease(run=run, account=account, host=socket.gethostname(), pid=os.getpid(), environment=environment)


def _holder(account: str, clock: Clock) -> Holder:
    return Holder(pid=os.getpid(), host=socket.gethostname(), account=account, since=clock.now())


def _engine_started(opened: Opened, clock: Clock) -> None:
    event = e.EngineStarted(
        pid=os.getpid(), host=socket.gethostname(), epoch=opened.epoch, torn_bytes=opened.journal.torn_bytes
    )
    opened.journal.append(event, at=clock.now(), by=e.ENGINE)
