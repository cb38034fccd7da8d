"""Amendments, waivers and phase entries as Markdown. Rule: like `report_markdown`, of which it is a chapter."""

from collections.abc import Sequence
from datetime import datetime

from console.views.changes import Amended, Entered, Waived
from console.views.difference import Entry, counted, difference_lines
from console.views.markdown_text import fenced, moment, table


def amendments(found: Sequence[Amended]) -> list[str]:
    """Say of each amendment who put it up and why, who approved it, what came of it, and what it changes."""
    lines: list[str] = []
    for each in found:
        lines += [f"### Amendment of record {each.seq}, {_outcome(each)}", "", *_about(each), *_approvals(each)]
        lines += [*_lapsed(each), f"What it changes ({counted(each.difference)}):", "", *_difference(each.difference)]
    return lines[:-1]


def _outcome(each: Amended) -> str:
    if each.ended is None or each.outcome in ("waits", "ended with the run"):
        return {"waits": "waits for approval"}.get(each.outcome, "never approved")
    return f"{each.outcome} {'since' if each.outcome == 'in effect' else 'at'} {moment(each.ended)}"


def _about(each: Amended) -> list[str]:
    facts = [
        ("proposed", f"{moment(each.at)} by {each.by}"),
        ("reason", each.reason),
        ("runbook file", each.source_name),
        ("digest of the file", each.source_digest),
        ("digest of the plan", each.plan_digest),
        ("to be approved by", ", ".join(each.roles)),
    ]
    if each.outcome in ("withdrawn", "replaced"):
        facts.append((each.outcome, f"by {each.ended_by}" + (f": {each.why}" if each.why else "")))
    return [*table(("", ""), facts), ""]


def _approvals(each: Amended) -> list[str]:
    if not each.approvals:
        return ["Nobody approved it.", ""]
    rows = [(given.at, given.account, given.role, given.note) for given in each.approvals]
    return [*table(("approved at", "who", "role", "note"), rows), ""]


def _lapsed(each: Amended) -> list[str]:
    if not each.lapsed:
        return []
    rows = [(lost.title, lost.account, lost.role, lost.at) for lost in each.lapsed]
    return ["Signatures that lapsed with it:", "", *table(("checkpoint", "who", "role", "given at"), rows), ""]


def _difference(found: Sequence[Entry]) -> list[str]:
    return [*fenced(difference_lines(found), language="diff"), ""]


def waivers(found: Sequence[Waived]) -> list[str]:
    """Say of each waiver which step, why, who asked and who agreed."""
    rows = [
        (each.title, each.reason, each.asked_by, each.asked_at, each.agreed_by, each.agreed_at, each.note, each.outcome)
        for each in found
    ]
    columns = ("step", "reason", "asked by", "at", "agreed by", "at", "note", "outcome")
    return table(columns, rows) if rows else []


def entries(found: Sequence[Entered]) -> list[str]:
    """Say of each attempt to enter a phase what its checks answered when they were asked again."""
    rows: list[tuple[datetime, str, str | None, str | None, str | None, str]] = [
        (gate.at, each.title, gate.title, "holds" if gate.passed else "red", gate.actual, _came_of(each))
        for each in found
        for gate in each.gates
    ]
    rows += [(each.at, each.title, None, None, None, _came_of(each)) for each in found if not each.gates]
    columns = ("at", "phase", "asked again", "answer", "actual", "the phase was")
    rows.sort(key=lambda row: row[0])
    return table(columns, rows) if rows else []


def _came_of(each: Entered) -> str:
    return each.outcome + (f": {each.why}" if each.why else "")
