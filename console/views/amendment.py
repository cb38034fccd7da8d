"""An amendment before it takes effect: what it changes, what is in its way, who approves it, what lapses with it.

Rule: screen and shell show the same before anybody is asked for a word.
"""

from datetime import datetime

from msgspec import Struct

from console.core.amending import Change, differences
from console.core.commands import AmendTo, Refused
from console.core.decide import decide
from console.core.decide_amend import missing_approvals, obstacles
from console.core.evolve_change import touched_signatures
from console.core.gates import Gate, roles_of
from console.core.runbook import SIGNATURES, Runbook
from console.core.state import Amendment, RunState
from console.views import figures
from console.views.difference import Entry, counted, difference_body, entries
from console.views.forms import WITHDRAW, Field, Form, Option, approving
from console.views.keys import Action
from console.views.rows import Body, Line, Span, labelled, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


class Proposal(Struct, frozen=True, kw_only=True):
    """A changed runbook beside the one that the run has."""

    difference: tuple[Entry, ...]
    in_its_way: tuple[Gate, ...]
    """Why it cannot be put up as things stand; empty when it can."""
    roles: tuple[str, ...]
    """Who approves it."""
    lapsing: tuple[str, ...]
    """Signatures that it takes away, in words."""


def proposal(state: RunState, amendment: AmendTo, *, by: str, now: datetime) -> Proposal:
    """Compare a changed runbook with the run's, and ask the decider whether it could be put up."""
    new = amendment.runbook
    found = differences(state.runbook, new)
    gates = obstacles(state, new) if found else ()
    answer = decide(state, amendment, by, now)
    if isinstance(answer, Refused) and all(gate.reason != answer.reason for gate in gates):
        gates = (*gates, Gate(answer.reason, answer.remedy))
    return Proposal(
        difference=entries(found, old=state.runbook, new=new),
        in_its_way=gates,
        roles=SIGNATURES[state.runbook.risk],
        lapsing=lapsing(state, new, found),
    )


def lapsing(state: RunState, new: Runbook, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Return the signatures that an amendment would take away: checkpoint and who signed it."""
    return tuple(
        f"{one_line(state.title(step))}: {', '.join(f'{each.account} as {each.role}' for each in signed)}"
        for step in touched_signatures(state.runbook, new, changes)
        if step in state.steps and (signed := state.steps[step].signatures)
    )


def waiting_entries(state: RunState, waiting: Amendment) -> tuple[Entry, ...]:
    """Return what the amendment that waits would change."""
    return entries(waiting.changes, old=state.runbook, new=waiting.proposed.runbook)


def proposal_body(found: Proposal) -> Body:
    """Say what a changed runbook needs, what is in its way and what lapses with it, then how much it changes."""
    return (
        *in_its_way(found.in_its_way),
        *_lapses(found.lapsing),
        *labelled((("approved by", " and ".join(found.roles)), ("it has", counted(found.difference)))),
    )


def in_its_way(found: tuple[Gate, ...]) -> tuple[Line, ...]:
    """Say why an amendment cannot be put up, or take effect."""
    return tuple(
        line(
            Span("⊘ ", Tone.LOCKED), one_line(gate.reason), quiet(f" → {one_line(gate.remedy)}" if gate.remedy else "")
        )
        for gate in found
    )


def _lapses(found: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(line(Span("lapses  ", Tone.WAITING, strong=True), f"signature of {each}") for each in found)


def waiting_body(state: RunState, waiting: Amendment, *, now: datetime) -> Body:
    """Say whose amendment waits, why it was put up, who approved it and who has to."""
    proposed = waiting.proposed
    facts = labelled(
        (
            ("by", f"{waiting.by}, {figures.day_and_clock(waiting.at, now=now)}"),
            ("reason", strong(one_line(proposed.reason, limit=2000))),
            ("file", f"{one_line(proposed.source_name)}, digest {proposed.source_digest[:12]}"),
            *((f"as {each.role}", f"approved by {each.account}") for each in waiting.approvals),
            ("missing", Span(", ".join(missing_approvals(waiting)), Tone.WAITING)),
            ("it has", counted(waiting_entries(state, waiting))),
        )
    )
    gates = obstacles(state, proposed.runbook)
    return (*facts, *in_its_way(gates), *_lapses(lapsing(state, proposed.runbook, waiting.changes)))


def amendment_form(state: RunState, waiting: Amendment, *, account: str, now: datetime) -> Form:
    """Show the amendment that waits; ask for an approval in a role, or let it be withdrawn."""
    own, missing = roles_of(state, account), dict.fromkeys(missing_approvals(waiting))
    roles = (
        Option(value=approving(role), label=f"approve as {role}{'' if role in own else '  (not yours)'}")
        for role in missing
    )
    mine = account in (waiting.by, state.driver)
    withdrawal = (Option(value=WITHDRAW, label="withdraw it: the run keeps the runbook it has"),) if mine else ()
    return Form(
        action=Action.AMEND,
        subject=waiting.proposed.source_digest,
        title=f"Amendment by {one_line(waiting.by)}",
        body=waiting_body(state, waiting, now=now),
        reading=difference_body(waiting_entries(state, waiting)),
        options=(*roles, *withdrawal),
        fields=(Field(name="note", label="Note", hint="for the record; may stay empty"),),
        submit="send it",
        tone="danger",
    )
