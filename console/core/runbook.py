"""The document as frozen data.

Rule: whatever the fold and the decider need of a step is here; its kind's data is opaque.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from console.core import durations

Risk = Literal["low", "medium", "high", "critical"]
EngineName = Literal["sqlite", "postgresql", "mysql", "mariadb"]
SPELT: dict[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
"""Engines as they spell themselves."""
MigrationType = Literal["additive", "additive-backfill", "rename", "type-change", "restructure", "index"]
DrivenBy = Literal["engine", "person", "signatures"]

MAIN = "main"
"""The one of a runbook's databases that it changes, and where its ledger is."""

Identifier = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="A short name: a lower-case letter, then letters, digits, - or _; 63 characters at most.",
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern=durations.PATTERN,
        description="Digits and a unit: 250ms, 90s, 15m, 72h, 14d.",
        examples=["90s", "72h"],
    ),
]

SIGNATURES: dict[str, tuple[str, ...]] = {
    "low": ("reviewer",),
    "medium": ("reviewer", "reviewer"),
    "high": ("tech-lead", "dba"),
    "critical": ("tech-lead", "dba", "architect"),
}
"""Who signs a checkpoint that names no roles, by risk."""

LONGEST: dict[str, str] = {"low": "1h", "medium": "4h", "high": "1d", "critical": "7d"}
"""The longest a run of that risk should take."""

ROLLBACK_WINDOW: dict[str, str] = {"low": "24h", "medium": "72h", "high": "7d", "critical": "14d"}
"""How long the way back should stay open before anything is contracted, by risk."""

EVERYBODY = "*"
"""The entry of `people` whose roles every account holds that can reach the engine."""


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all parts of a runbook share: frozen, by keyword, unknown fields refused."""


class Soak(Document, frozen=True):
    """A phase waits until `soak` has passed since the phase `since` was completed."""

    soak: Duration
    since: Identifier


class Confirm(Document, frozen=True):
    """The fact that is typed at the point of no return: the value that the baseline step recorded."""

    baseline: Identifier


class PointOfNoReturn(Document, frozen=True):
    """Entering the phase that carries this cannot be undone."""

    consequence: str
    """What becomes irreversible, in words."""
    restore: str
    """The procedure that replaces rollback afterwards."""
    confirm: Confirm | None = None
    """None: the database's name is typed."""
    gates: tuple[Identifier, ...] | None = None
    """Checks that are asked again; None: every check of the phase before."""


class Step(Document, frozen=True):
    """One item of the checklist: a kind, its data, and what the decider has to know of it."""

    id: Identifier
    title: str
    kind: str
    data: dict[str, Any]
    """Of the kind's own type, as plain JSON values."""
    driven_by: DrivenBy = "engine"
    """`engine` executes it, a `person` confirms it, or it collects `signatures`."""
    signatures: tuple[str, ...] = ()
    """Roles that sign; each by a different person."""
    asks_again: bool = False
    """It only reads, so that it can be asked again before a later phase."""
    on: str = MAIN
    """The database where it is read; what is written is written in `main`."""
    requires: tuple[Identifier, ...] = ()
    who: str | None = None
    """The role that carries it out."""
    estimate: Duration | None = None
    note: str | None = None
    undo: str | None = None
    """SQL for a step that the engine drives, an instruction for one that a person does."""
    restore: str | None = None
    """Where the data come back from when there is no undo."""

    @property
    def taken_back_by_person(self) -> bool:
        """Whether undoing it is a person's act."""
        return self.driven_by == "person" and bool(self.undo)


class Phase(Document, frozen=True):
    """An ordered part of the runbook that is complete before the next one starts."""

    id: Identifier
    title: str
    steps: tuple[Step, ...]
    goal: str = ""
    application: str = ""
    """Which application version runs and what it reads and writes."""
    deploy: str = ""
    """What is deployed in which order."""
    who: str | None = None
    estimate: Duration | None = None
    prerequisites: tuple[str, ...] = ()
    criteria: dict[Identifier, tuple[Identifier, ...]] = {}
    """Named completion criteria: each holds when all its steps are done."""
    rollback: str = ""
    """What going back from here means; it assumes that no later phase ran."""
    any_order: bool = False
    requires: tuple[Soak, ...] = ()
    gates: tuple[Identifier, ...] | None = None
    """Checks that are asked again when it is entered; None: every check of the phase before, or the point's own."""
    point_of_no_return: PointOfNoReturn | None = None


class Environment(Document, frozen=True):
    """What one environment overrides in every backfill."""

    batch_size: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    batch_pause: Duration | None = None


class FollowUp(Document, frozen=True):
    """What is still due after the run, counted from its end."""

    what: str
    due: Duration | None = None


Told = Literal["opened", "phase_done", "aborted", "point_of_no_return", "rollback", "closed", "failed", "waiting"]
"""What can be announced: the run began, a phase is complete, the run was aborted, the point was passed, a phase is
taken back, the run was finished; a step failed, a step waits for a person's word."""
ALWAYS_TOLD: tuple[Told, ...] = ("opened", "phase_done", "aborted", "point_of_no_return", "rollback", "closed")


class Announce(Document, frozen=True):
    """Where to announce what happens: a webhook or a command."""

    webhook: str = ""
    """env:NAME, or an https:// address; it is sent a JSON object with `text` and the facts."""
    command: tuple[str, ...] = ()
    """A program and its arguments, to which the text is added; the JSON object is its input."""
    events: tuple[Told, ...] = ALWAYS_TOLD


class Runbook(Document, frozen=True):
    """The resolved document: defaults filled in, every step's kind known."""

    runbook: Identifier
    title: str
    engine: EngineName
    databases: dict[str, str]
    phases: tuple[Phase, ...]
    risk: Risk = "medium"
    version: str = ""
    """Server version it was written for."""
    service: str = ""
    team: str = ""
    author: str = ""
    reviewers: tuple[str, ...] = ()
    ticket: str = ""
    why: str = ""
    migration_type: MigrationType | UnsetType = UNSET
    zero_downtime: bool | UnsetType = UNSET
    applications: tuple[str, ...] = ()
    statements: dict[str, tuple[str, ...]] = {}
    """By version of the application: what it says to the database, one statement each, with values in them."""
    channel: str = ""
    window: Duration | None = None
    people: dict[str, tuple[str, ...]] = {}
    environments: dict[Identifier, Environment] = {}
    follow_ups: tuple[FollowUp, ...] = ()
    announce: tuple[Announce, ...] = ()

    def step(self, step_id: str) -> Step:
        """Return the step of that id; KeyError when there is none."""
        return next((step for step in self.steps() if step.id == step_id), None) or _missing(step_id)

    def steps(self) -> tuple[Step, ...]:
        """Return all steps in the order of the document."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def phase(self, phase_id: str) -> Phase:
        """Return the phase of that id; KeyError when there is none."""
        return self.phases[self.phase_index(phase_id)]

    def phase_index(self, phase_id: str) -> int:
        """Return the place of a phase, counted from 0; KeyError when there is none."""
        for index, phase in enumerate(self.phases):
            if phase.id == phase_id:
                return index
        raise KeyError(phase_id)

    def phase_of(self, step_id: str) -> Phase:
        """Return the phase that a step belongs to; KeyError when there is none."""
        for phase in self.phases:
            if any(step.id == step_id for step in phase.steps):
                return phase
        raise KeyError(step_id)

    def dangling(self) -> str:
        """Return the first step or phase that something refers to and that is not there; empty when all are."""
        steps, phases = {step.id for step in self.steps()}, {phase.id for phase in self.phases}
        wanted = [(name, steps, "step") for step in self.steps() for name in step.requires]
        for phase in self.phases:
            point = phase.point_of_no_return
            named = [*(each for criterion in phase.criteria.values() for each in criterion), *(phase.gates or ())]
            if point is not None:
                named += [*(point.gates or ()), *([point.confirm.baseline] if point.confirm else [])]
            wanted += [(name, steps, "step") for name in named]
            wanted += [(soak.since, phases, "phase") for soak in phase.requires]
        return next((f"{what} {name!r}" for name, known, what in wanted if name not in known), "")


def _missing(step_id: str) -> Step:
    raise KeyError(step_id)
