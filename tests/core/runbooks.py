"""Random runbooks as a loader would let them through: every reference points backwards, every role has somebody."""

from typing import Literal

from hypothesis import strategies as st

from console.core.runbook import Confirm, DrivenBy, Phase, PointOfNoReturn, Runbook, Soak, Step
from tests.core.build import phase, point, runbook, step

SORTS: list[DrivenBy | Literal["reads"]] = ["reads", "reads", "engine", "engine", "person", "signatures"]
WAYS_BACK = [("take it back", None), ("take it back", None), (None, None), (None, "from the backup")]
ROLES = [("reviewer",), ("reviewer", "reviewer"), ("tech-lead", "dba"), ("reviewer", "dba")]


@st.composite
def steps(draw: st.DrawFn, name: str, before: list[Step]) -> Step:
    """Draw a step that may require any earlier one."""
    sort = draw(st.sampled_from(SORTS))
    asks_again, driven_by = sort == "reads", "engine" if sort == "reads" else sort
    undo, restore = (None, None) if asks_again else draw(st.sampled_from(WAYS_BACK))
    requires = draw(st.lists(st.sampled_from(before[-2:]).map(lambda each: each.id), max_size=1)) if before else []
    fields = {"signatures": draw(st.sampled_from(ROLES))} if driven_by == "signatures" else {}
    data = {"observe": "what is it"} if driven_by == "person" and draw(st.booleans()) else {}
    return step(
        name,
        driven_by,
        undo=undo,
        restore=restore,
        requires=tuple(requires),
        asks_again=asks_again,
        data=data,
        **fields,
    )


@st.composite
def points(draw: st.DrawFn, before: list[Step]) -> PointOfNoReturn:
    """Draw a point of no return; a step that only reads may be its baseline, any earlier ones its gates."""
    reading = [each.id for each in before if each.asks_again]
    baseline = draw(st.sampled_from([None, *reading]))
    gates = draw(st.none() | st.lists(st.sampled_from(reading), unique=True, max_size=2)) if reading else None
    return point(
        confirm=Confirm(baseline=baseline) if baseline else None, gates=None if gates is None else tuple(gates)
    )


@st.composite
def phases(draw: st.DrawFn, number: int, before: list[Phase]) -> Phase:
    """Draw a phase after those before it."""
    earlier = [each for other in before for each in other.steps]
    mine: list[Step] = []
    for index in range(draw(st.integers(min_value=1, max_value=3))):
        mine.append(draw(steps(f"s{number}{index}", [*earlier, *mine])))
    soaks = draw(st.lists(st.sampled_from(before).map(lambda each: each.id), max_size=1)) if before else []
    return phase(
        f"p{number}",
        *mine,
        any_order=draw(st.booleans()),
        requires=tuple(Soak(soak="1h", since=each) for each in soaks),
        point_of_no_return=draw(points(earlier)) if draw(st.booleans()) else None,
    )


@st.composite
def runbooks(draw: st.DrawFn) -> Runbook:
    """Draw a runbook of one to four phases."""
    found: list[Phase] = []
    for number in range(draw(st.integers(min_value=1, max_value=4))):
        found.append(draw(phases(number, found)))
    return runbook(*found)
