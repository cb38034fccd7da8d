"""Whose half-made things are. Rule: pure; what no statement of this run and no row of the ledger names is nobody's."""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from console.core.errors import RunbookError
from console.core.ports import LedgerEntry
from console.core.runbook import Step
from console.core.server_events import Debris
from console.core.state import RunState
from console.statements import Statement, leftovers, probes, split

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_REBUILT = re.compile(r"_cc(new|old)\d*$")
_NAMES = ("name", "partition")
"""Parameters of probes that name the thing itself."""

Name = tuple[str, ...]


def attributed(items: Sequence[Debris], state: RunState, rows: Sequence[LedgerEntry]) -> tuple[Debris, ...]:
    """Return the items with the run and the step that made them, as far as that is known."""
    begun = [step for step in state.runbook.steps() if state.steps[step.id].attempt]
    named = {step.id: tuple(_named_by(step, engine=state.runbook.engine)) for step in begun}
    return tuple(_attributed(each, state.started.run, named, rows) for each in items)


def _attributed(
    item: Debris, run: str, named: dict[str, tuple[tuple[Name, Name], ...]], rows: Sequence[LedgerEntry]
) -> Debris:
    name, table = parts_of(item.name), parts_of(item.table)
    wanted = [name, (*name[:-1], _REBUILT.sub("", name[-1]))] if name else []
    for each in wanted:
        for step, found in named.items():
            if any(_means(one, each) and (not of or _means(of, table)) for one, of in found):
                return replace(item, run=run, step=step)
    word = re.compile(rf'(?<![\w"]){re.escape(wanted[-1][-1])}(?![\w"])') if wanted else None
    for row in rows:
        if word is not None and row.run != run and row.applied_at is None and word.search(row.description):
            return replace(item, run=row.run, step=row.step)
    return item


def _named_by(step: Step, *, engine: str) -> Iterator[tuple[Name, Name]]:
    """Yield what the statements of a step name: the thing and, where it is a part of a table, that."""
    for sql in (step.data.get("sql"), step.undo):
        for statement in _statements(sql, engine=engine) if isinstance(sql, str) else ():
            found = [*probes(statement, engine=engine)]
            found += [probe for each in leftovers(statement, engine=engine) for probe in each.probes]
            for probe in found:
                for parameter in _NAMES:
                    if name := probe.parameters.get(parameter):
                        yield tuple(name.split(".")), tuple(filter(None, probe.parameters.get("table", "").split(".")))


def _statements(sql: str, *, engine: str) -> tuple[Statement, ...]:
    try:
        return split(sql, engine=engine)
    except RunbookError:
        return ()


def parts_of(written: str) -> Name:
    """Return the parts of a name as SQL writes it, without their quotes."""
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in _PART.findall(written))


def _means(written: Name, found: Name) -> bool:
    """Tell whether a name that may lack its schema is that of the thing."""
    return bool(written) and found[-len(written) :] == written
