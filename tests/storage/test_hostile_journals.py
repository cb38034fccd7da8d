"""A journal whose chain holds and whose content is nonsense: it is read, or refused in words, by whoever reads it."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.core.errors import JournalError, RunbookConsoleError
from console.core.events import Record
from console.core.evolve import fold
from console.core.state import RunState
from console.sessions import Replay
from console.storage.codec import decode_line
from console.storage.journal import read_records
from console.storage.runs import run_in, summary
from console.storage.verify import verify
from console.views import status as status_views
from console.views.checklist import step_row
from console.views.detail import Tab, detail
from console.views.header import stand_row, title_row
from console.views.json_text import as_json
from console.views.keys import Desk, keys
from console.views.lookback import lookback_body
from console.views.nextup import next_up
from console.views.phases import phase_rows
from console.views.point import point_body
from console.views.report import Integrity, report
from console.views.report_markdown import markdown
from console.views.timeline import Timeline
from console.views.way_back import way_back_body
from tests.journals import KEPT
from tests.journals.runs import RUNS
from tests.storage.forging import rechained

REAL = [(KEPT / f"{name}.jsonl").read_bytes().splitlines() for name in RUNS]
AMENDED = REAL[list(RUNS).index("amended")]
RECORDS = [json.loads(line) for lines in REAL for line in lines]
NOW = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)

DEEP: Any = "bottom"
for _ in range(40):
    DEEP = {"x": [DEEP]}
ABSURD: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    2**64,
    10**400,
    -(10**30),
    1e308,
    -0.5,
    "",
    "add",
    "expand",
    "contract",
    "nowhere",
    "\x00\x1b[2J\u202e",
    "x" * 5000,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-03-14T01:00:00",
    "1970-01-01T00:00:00-23:59",
    "8999-12-31T23:59:59+23:59",
    "9999999999999d",
    "1s",
    "0s",
    "\ud7ff",
    [],
    [[]],
    {},
    {"add": 1},
    ["add", "add"],
    [["a", "b", "c", True]],
    DEEP,
]
"""What may stand where something else is expected."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values inside of a record."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


def put(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a record with another value at a path."""
    changed = copy.deepcopy(record)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def line(record: Any) -> bytes:
    return json.dumps({"prev": "", "hash": "", **record}, ensure_ascii=False, separators=(",", ":")).encode()


def drawn(state: RunState, records: Sequence[Record], *, now: datetime) -> None:
    """Draw everything that a screen shows of a run."""
    shown: list[object] = [
        next_up(state, now=now),
        title_row(state),
        stand_row(state, account="ann", mode="replay", now=now),
        phase_rows(state, now=now),
        way_back_body(state, now=now),
        lookback_body(state, records, now=now),
    ]
    shown += [point_body(state, each, now=now) for each in state.runbook.phases if each.point_of_no_return is not None]
    for step in state.runbook.steps():
        shown += [step_row(state, step, now=now), keys(state, step.id, desk=Desk(account="ada"), now=now)]
        shown += [detail(state, step.id, tab, now=now) for tab in Tab]
    assert None not in shown


def readings(path: Path) -> dict[str, Callable[[], object]]:
    """Return what may be done with a journal."""

    def text() -> None:
        records = tuple(read_records(path))
        state = fold(records)
        assert state is not None
        timeline = Timeline(records, state.runbook)
        assert [timeline.words(record) for record in records]

    def played() -> None:
        replay = Replay.open(path, account="ann")
        for position in (len(replay.film) // 2, len(replay.film), 1):
            replay.seek(position)

    def status() -> None:
        state = fold(read_records(path))
        assert state is not None
        for now in (NOW, state.at):
            found = status_views.status(state, now=now, engine=False)
            assert status_views.lines(found)
            assert status_views.tmux_line(found)
            assert as_json(found)

    def reported() -> None:
        made = report(list(read_records(path)), Integrity(state="unsealed", records=1, head=""))
        assert markdown(made)
        assert as_json(made)

    def screen() -> None:
        records = tuple(read_records(path))
        state = fold(records)
        assert state is not None
        for now in (NOW, state.at):
            drawn(state, records, now=now)

    return {"screen": screen, "text": text, "replay": played, "status": status, "report": reported}


def told_or_read(lines: list[bytes]) -> None:
    """Read a journal in every way: nothing but an error with a message for people may come of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        path.write_bytes(b"".join(lines))
        assert verify(path).words
        assert summary(run_in(Path(folder))).state
        for act in readings(path).values():
            with suppress(RunbookConsoleError):
                act()


BOUNDED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@BOUNDED
@given(st.binary(max_size=200))
def test_a_line_of_any_bytes_is_refused(content: bytes) -> None:
    with suppress(RunbookConsoleError):
        decode_line(content)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@BOUNDED
@given(number=st.integers(0, len(RECORDS) - 1), more=st.dictionaries(st.sampled_from(sorted(RECORDS[0])), ANY_JSON))
def test_a_record_with_any_json_in_it_is_read_or_refused(number: int, more: dict[str, Any]) -> None:
    told_or_read(rechained([REAL[0][0], line({**RECORDS[number], **more, "type": RECORDS[number]["type"]})]))


@BOUNDED
@given(data=st.data())
def test_a_real_run_with_absurd_values_is_read_or_refused(data: st.DataObject) -> None:
    records = [json.loads(each) for each in data.draw(st.sampled_from(REAL))]
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(records) - 1))
        path = data.draw(st.sampled_from(sorted(places(records[number]), key=repr)))
        records[number] = put(records[number], path, data.draw(st.sampled_from(ABSURD)))
    with suppress(KeyError):
        told_or_read(rechained([line(each) for each in records]))


@BOUNDED
@given(data=st.data())
def test_real_records_in_impossible_orders_are_read_or_refused(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(RECORDS), min_size=1, max_size=40))
    told_or_read(rechained([REAL[0][0], *(line(each) for each in chosen)]))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("phases", 1, "steps", 1, "requires"), ["nowhere"], "step 'nowhere'"),
        (("phases", 1, "criteria"), {"ready": ["add", "nowhere"]}, "step 'nowhere'"),
        (("phases", 2, "requires", 0, "since"), "nowhere", "phase 'nowhere'"),
        (("phases", 2, "point_of_no_return", "gates"), ["nowhere"], "step 'nowhere'"),
        (("phases", 2, "point_of_no_return", "confirm", "baseline"), "nowhere", "step 'nowhere'"),
    ],
)
def test_a_runbook_that_refers_to_what_it_has_not_is_refused_with_its_record(
    tmp_path: Path, path: tuple[Any, ...], value: Any, named: str
) -> None:
    records = [json.loads(each) for each in AMENDED]
    for number, place in ((1, "runbook"), (12, "runbook")):
        forged = [*records[: number - 1], put(records[number - 1], (place, *path), value), *records[number:]]
        journal = tmp_path / f"{number}.jsonl"
        journal.write_bytes(b"".join(rechained([line(each) for each in forged], was=AMENDED)))
        with pytest.raises(JournalError, match=f"record {number} names {named}, which is not in the run's runbook"):
            fold(read_records(journal))
        assert verify(journal).state == "unsealed"


@pytest.mark.soak
@pytest.mark.parametrize("lines", REAL, ids=list(RUNS))
def test_every_value_of_a_real_run_made_absurd_is_read_or_refused(lines: list[bytes]) -> None:
    """Three absurd values for each, others from place to place."""
    records = [json.loads(each) for each in lines]
    for number, record in enumerate(records):
        for place, path in enumerate(places(record)):
            for value in ABSURD[(number + place) % 11 :: 11]:
                changed = put(record, path, value)
                if "type" in changed:
                    told_or_read(
                        rechained([line(each) for each in [*records[:number], changed, *records[number + 1 :]]])
                    )
