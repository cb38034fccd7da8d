"""Random runbooks as a loader would let them through: every reference points backwards, every role has somebody."""

from typing import Literal

from hypothesis import strategies as st
from msgspec.structs import replace

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
    reading = [each.id for each in earlier if each.asks_again]
    gates = draw(st.none() | st.lists(st.sampled_from(reading), unique=True, max_size=2)) if reading else None
    return phase(
        f"p{number}",
        *mine,
        gates=None if gates is None else tuple(gates),
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
    return runbook(*found, risk=draw(st.sampled_from(["low", "low", "medium", "high"])))


def variants(book: Runbook, turn: int) -> list[Runbook]:
    """Return documents that differ in one thing from a runbook; which things those are turns with `turn`."""
    places = [(i, j) for i, each in enumerate(book.phases) for j in range(len(each.steps))]
    found = [_with(book, places[-1 - (turn + back) % len(places)], turn) for back in range(3)]
    last = len(book.phases) - 1
    swapped = (*book.phases[: last - 1], book.phases[last], book.phases[last - 1]) if last else book.phases
    shorter = book.phases[:last] if last else book.phases
    extra = phase(f"p{turn}x", step(f"s{turn}x"), point_of_no_return=point() if turn % 2 else None)
    some = [*swapped], [*shorter], [*book.phases, extra], [*book.phases[:last], extra, *book.phases[last:]]
    bare = [replace(each, gates=(), requires=()) for each in book.phases]
    open_ = [replace(each, point_of_no_return=None) for each in book.phases]
    found += [[replace(book, phases=tuple(phases))] for phases in (*some, bare, open_)]
    return [each for several in found for each in several if sound(each)]


def _with(book: Runbook, place: tuple[int, int], turn: int) -> list[Runbook]:
    i, j = place
    mine, one = book.phases[i].steps, book.phases[i].steps[j]
    other = book.phases[(i + 1) % len(book.phases)]
    new = step(f"s{turn}n", undo="take it back")
    changed = replace(one, title=f"changed {turn}")
    lists = [
        {i: (*mine[:j], *mine[j + 1 :])},
        {i: (*mine[:j], changed, *mine[j + 1 :])},
        {i: (*mine[:j], replace(one, id=f"s{turn}r"), *mine[j + 1 :])},
        {i: (*mine[:j], new, *mine[j:])},
        {i: (*mine[: j + 1], new, *mine[j + 1 :])},
        {i: tuple(reversed(mine))},
        {i: (*mine[:j], *mine[j + 1 :]), (i + 1) % len(book.phases): (*other.steps, one)},
    ]
    return [
        replace(book, phases=tuple(replace(each, steps=steps.get(n, each.steps)) for n, each in enumerate(book.phases)))
        for steps in lists
    ]


def sound(book: Runbook) -> bool:
    """Tell whether a loader would let a runbook through: what is named stands before what names it."""
    steps: set[str] = set()
    for index, each in enumerate(book.phases):
        point_ = each.point_of_no_return
        baseline = {point_.confirm.baseline} if point_ and point_.confirm else set()
        named = {*(each.gates or ()), *((point_.gates if point_ else ()) or ()), *baseline}
        since = {soak.since for soak in each.requires}
        if not each.steps or not named <= steps or not since <= {other.id for other in book.phases[:index]}:
            return False
        for one in each.steps:
            if one.id in steps or not {*one.requires} <= steps:
                return False
            steps.add(one.id)
    return True
