"""A run in its second phase, and amendments of its runbook."""

from typing import Any

from console.core import commands as c
from console.core.evolve import fold
from console.core.runbook import Confirm, Phase, Soak, Step
from tests.core.build import SECOND, Story, amend_to, phase, point, step, with_fields
from tests.core.legal import wrong

APPROVE = c.ApproveAmendment(source_digest="new", role="reviewer")


def reading(name: str) -> Step:
    return step(name, asks_again=True)


def phases() -> tuple[Phase, ...]:
    sign = step("sign", "signatures", signatures=("reviewer",))
    drop = step("drop", data={"sql": "DROP"})
    return (
        phase("prepare", step("base"), sign),
        phase("expand", step("add", undo="back"), step("fill", undo="back"), reading("check"), gates=()),
        phase(
            "switch", step("later", requires=("fill",)), reading("count"), requires=(Soak(soak="1h", since="expand"),)
        ),
        phase("contract", drop, gates=("count",), point_of_no_return=point(confirm=Confirm(baseline="check"))),
    )


def story(**fields: Any) -> Story:
    return Story(*phases(), **{"risk": "low", **fields})


def begun() -> Story:
    """Tell of a run whose first phase is done and whose second has begun."""
    told = story()
    told.run("base")
    told.do(c.SignOff(step="sign", role="reviewer"))
    told.run("add")
    return told


def changed(told: Story, place: str, *steps: Step, **fields: Any) -> c.AmendTo:
    """Return an amendment in which one phase has other steps, if any are given, or other fields."""
    more = {**fields, **({"steps": steps} if steps else {})}
    document = told.state.runbook
    others = (with_fields(each, **more) if each.id == place else each for each in document.phases)
    return amend_to(with_fields(document, phases=tuple(others)))


def of_phases(told: Story, *names: str, more: tuple[Phase, ...] = ()) -> c.AmendTo:
    """Return an amendment that has only those phases, in that order, and then some."""
    known = {each.id: each for each in (*told.state.runbook.phases, *more)}
    return amend_to(with_fields(told.state.runbook, phases=tuple(known[name] for name in names)))


def steps_of(told: Story, place: str) -> list[Step]:
    return list(told.state.runbook.phase(place).steps)


def amended(told: Story, amendment: c.AmendTo) -> Story:
    told.do(amendment)
    told.do(APPROVE, by=SECOND)
    assert told.state.runbook == amendment.runbook
    assert not wrong(told.state)
    assert fold(told.records) == told.state
    return told


def start(told: Story) -> None:
    told.do(c.StartStep(step="fill"))


def moved(told: Story, what: str, to: str, since: str, *, name: str = "") -> c.AmendTo:
    """Return an amendment in which a step stands in another phase, perhaps under another name."""
    one = told.state.step(what)
    moved_step = with_fields(one, id=name or one.id)
    here = {since: tuple(each for each in steps_of(told, since) if each != one), to: (*steps_of(told, to), moved_step)}
    others = (with_fields(each, steps=here.get(each.id, each.steps)) for each in told.state.runbook.phases)
    return amend_to(with_fields(told.state.runbook, phases=tuple(others)))
