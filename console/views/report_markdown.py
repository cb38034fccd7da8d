"""The report as Markdown. Rule: only fields of the report; a section says so when there was nothing."""

from collections.abc import Iterable, Sequence

from console.core.durations import spoken
from console.views import contention_markdown as contention
from console.views.changes_markdown import amendments, entries, waivers
from console.views.evidence import Check, Signed
from console.views.figures import things
from console.views.markdown_text import inline, moment, table
from console.views.report import Header, Integrity, Report
from console.views.summary import PhaseLine, Summary

_INTEGRITY = {
    "sealed": "sealed: no record was changed, dropped, inserted or reordered",
    "unsealed": "unsealed: the chain holds, but whether an end was dropped cannot be known",
    "broken": "BROKEN",
}


def markdown(report: Report) -> str:
    """Return the report as Markdown text in GitHub's dialect, with a newline at its end."""
    parts = (
        _head(report),
        _section("Deviations", _deviations(report), none="Everything went as the runbook has it."),
        _section("Durations", _durations(report.summary)),
        *(_section(f"Phase {inline(phase.title)}", _phase(phase)) for phase in report.summary.phases),
        _section("Point of no return", _points(report), none="The runbook has none."),
        _section("Checks", _checks(report), none="Nothing was checked."),
        _section("Baselines", _baselines(report), none="None was recorded."),
        _section("Completion criteria", _criteria(report), none="The runbook names none."),
        _section("Signatures", _signatures(report), none="Nobody signed."),
        _section("Amendments", amendments(report.amendments), none="The runbook was not amended."),
        _section("Waivers", waivers(report.waivers), none="Nothing was waived."),
        _section("Phase entries", entries(report.entries), none="No phase rested on checks that were asked again."),
        _section("Undo", _rollbacks(report), none="Nothing was taken back."),
        _section("Locks", contention.waits(report.waits), none="No step was seen to wait for a lock."),
        _section("Sessions ended", contention.ended(report.sessions), none="Nobody's session was touched."),
        _section("Half-made", contention.half_made(report.half_made), none="Nothing was found half-made."),
        _section("Notes", _notes(report), none="None."),
        _section("Kept rows", _samples(report), none="None."),
        _section("Follow-ups", _follow_ups(report.summary), none="Nothing is due."),
        _section("Timeline", table(("#", "at", "by", "what"), ((m.seq, m.at, m.by, m.text) for m in report.timeline))),
    )
    return "\n".join(line for part in parts for line in part)


def _section(title: str, lines: Sequence[str], *, none: str = "") -> list[str]:
    return [f"## {title}", "", *(lines or [none]), ""]


def _head(report: Report) -> list[str]:
    end = report.summary.outcome
    said = f": {inline(end.text)}" if end.text else ""
    ended = f"**{end.word}** at {moment(end.at)} by {inline(end.by)}{said}"
    standing = f"**{end.word}**, last record at {moment(end.at)}"
    return [
        f"# {inline(report.header.title)}",
        "",
        f"Run {inline(report.run)} in **{inline(report.environment)}** on {inline(report.target.label)}:",
        f"{standing if end.word == 'open' else ended}".removesuffix(".") + ".",
        f"{_figures(report.summary)}.",
        "",
        f"Journal {_integrity(report.integrity)}.",
        "",
        *table(("", ""), _facts(report)),
        "",
        "Times are UTC.",
        "",
    ]


def _figures(summary: Summary) -> str:
    of = f" of an estimated {spoken(summary.estimated)}" if summary.estimated is not None else ""
    done = things(summary.steps_done, "step")
    waived = f", {summary.steps_waived} waived" if summary.steps_waived else ""
    steps = f"{done} done{waived}, {summary.steps_not_applicable} not applicable, {summary.steps_left} left"
    checks = f"{things(summary.checks_passed, 'check')} passed, {summary.checks_failed} failed"
    deviated = things(len(summary.deviations), "deviation")
    return f"Took {spoken(summary.actual)}{of} · {steps} · {checks} · {deviated}"


def _integrity(integrity: Integrity) -> str:
    why = f" — {inline(integrity.why)}" if integrity.state == "broken" and integrity.why else ""
    head = f", head `{inline(integrity.head)}`" if integrity.head else ""
    return f"{_INTEGRITY[integrity.state]}{why}; {things(integrity.records, 'record')}{head}"


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    drivers = (
        f"{each.account} from {moment(each.since)}" + (f" ({each.reason})" if each.reason else "")
        for each in report.drivers
    )
    target = report.target
    pairs = (
        *_header_facts(report.header),
        ("server", f"{target.engine} {target.version}, {target.name}, {target.label}"),
        *((name, f"{each.version}, {each.name}, {each.label}, only read") for name, each in report.others.items()),
        ("driven by", "; ".join(drivers)),
        ("started", moment(report.summary.started)),
        ("amended", _amended(report)),
        ("runbook file", report.header.source_name),
        ("digest of the file", report.header.source_digest),
        ("digest of the plan", report.header.plan_digest),
        ("console", report.console),
    )
    return ((label, text) for label, text in pairs if text)


def _amended(report: Report) -> str:
    times = sum(each.outcome == "in effect" for each in report.amendments)
    return f"{things(times, 'time')}: what follows is of the runbook as it is now" if times else ""


def _header_facts(header: Header) -> Iterable[tuple[str, str]]:
    downtime = {True: "yes", False: "no", None: ""}[header.zero_downtime]
    return (
        ("runbook", header.runbook),
        ("service", header.service),
        ("team", header.team),
        ("author", header.author),
        ("reviewers", ", ".join(header.reviewers)),
        ("ticket", header.ticket),
        ("why", header.why),
        ("written for", f"{header.engine} {header.version}".strip()),
        ("migration type", header.migration_type),
        ("risk", header.risk),
        ("zero downtime", downtime),
        ("applications", ", ".join(header.applications)),
        ("channel", header.channel),
        ("window", header.window),
    )


def _deviations(report: Report) -> list[str]:
    rows = [(each.at, each.by, each.title, each.what, each.text) for each in report.summary.deviations]
    return table(("at", "by", "where", "what", "why"), rows) if rows else []


def _durations(summary: Summary) -> list[str]:
    rows = [(each.title, each.entered, each.completed, each.estimated, each.actual) for each in summary.phases]
    whole = ("all", summary.started, summary.outcome.at, summary.estimated, summary.actual)
    return table(("phase", "entered", "completed", "estimated", "actual"), [*rows, whole])


def _phase(phase: PhaseLine) -> list[str]:
    columns = ("step", "status", "by", "ended", "estimated", "actual", "attempts", "what was seen")
    rows = (
        (each.title, each.status, each.by, each.at, each.estimated, each.actual, each.attempts or None, each.said)
        for each in phase.steps
    )
    return [*([f"Goal: {inline(phase.goal)}", ""] if phase.goal else []), *table(columns, rows)]


def _points(report: Report) -> list[str]:
    lines = []
    for point in report.points:
        passed = "It was not passed."
        if point.passed_at is not None:
            passed = f"Passed at {moment(point.passed_at)} by {inline(point.passed_by)}"
            passed += f", who typed {inline(point.asks)}: {inline(point.typed)}."
        gates = table(
            ("gate", "asked at", "answer", "actual"),
            ((gate.title, gate.at, "holds" if gate.passed else "red", gate.actual) for gate in point.gates),
        )
        lines += [
            f"Before {inline(point.title)}: {inline(point.consequence)}",
            "",
            passed,
            "",
            *([*gates, ""] if point.gates else []),
            f"The way back from there: {inline(point.restore)}",
        ]
    return lines


def _checks(report: Report) -> list[str]:
    rows = [(each.at, _named(each), each.expected, each.actual, each.status) for each in report.checks]
    return table(("at", "check", "expected", "actual", "status"), rows) if rows else []


def _named(check: Check) -> str:
    return check.title if check.check == check.title else f"{check.title}: {check.check}"


def _baselines(report: Report) -> list[str]:
    rows = [(each.at, each.title, str(each.value)) for each in report.baselines]
    return table(("at", "baseline", "value"), rows) if rows else []


def _criteria(report: Report) -> list[str]:
    rows = [(each.phase, each.name, "holds" if each.holds else "does not hold", each.why) for each in report.criteria]
    return table(("phase", "criterion", "status", "why"), rows) if rows else []


def _signatures(report: Report) -> list[str]:
    rows = [(each.at, each.title, each.account, each.role, each.note, _standing(each)) for each in report.signatures]
    return table(("at", "checkpoint", "who", "role", "note", "status"), rows) if rows else []


def _standing(signed: Signed) -> str:
    return "holds" if signed.holds else "lapsed with an amendment" if signed.lapsed else "taken back"


def _rollbacks(report: Report) -> list[str]:
    lines = []
    for each in report.rollbacks:
        ended = f"ended at {moment(each.ended)}" if each.ended else "not ended"
        lines += [
            f"Phase {inline(each.title)}, by {inline(each.by)} from {moment(each.started)}, {ended}.",
            f"In this order: {inline('; '.join(each.steps))}.",
            "",
        ]
        rows = [(*check, "holds" if passed else "does not hold") for *check, passed in each.checks]
        lines += [*table(("compared", "expected", "actual", "status"), rows), ""] if rows else []
    return lines[:-1]


def _notes(report: Report) -> list[str]:
    rows = [(each.at, each.by, each.title, each.text) for each in report.notes]
    return table(("at", "by", "about", "note"), rows) if rows else []


def _samples(report: Report) -> list[str]:
    lines = []
    for each in report.samples:
        lines += [f"{inline(each.title)}, at {moment(each.at)}:", ""]
        lines += [*table([inline(column) for column in each.columns], each.rows), ""]
    return lines[:-1]


def _follow_ups(summary: Summary) -> list[str]:
    rows = [(each.what, each.on or (f"{each.due} after the end" if each.due else "")) for each in summary.follow_ups]
    return table(("what", "due"), rows) if rows else []
