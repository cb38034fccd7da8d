"""How a step tries again for a lock: pauses that grow and differ, an end to its patience, fields that make sense."""

import pytest

from console.core.errors import DatabaseError, LockNotFree
from console.core.observations import LockAwaited
from console.core.ports import Ticket
from console.steps._locks import LONGEST_PAUSE, Tries
from tests.clock import FakeClock
from tests.databases.benches import ticket
from tests.steps.site import step_of

ADD = "ALTER TABLE users ADD COLUMN nick TEXT"
DROP = "ALTER TABLE users DROP COLUMN nick"


async def pauses(of: Ticket, *, count: int) -> list[float]:
    """Return how long each pause was; every slice of one tells what is left of it."""
    clock, found = FakeClock(), []
    tries = Tries(ticket=of, clock=clock, patience=1e9)
    for number in range(1, count + 1):
        tries.refused(LockNotFree("not free", behind=number))
        slices: list[LockAwaited] = [each async for each in tries.pause()]
        assert {(each.tries, each.behind) for each in slices} == {(number, number)}
        left = [each.again_in or 0 for each in slices]
        assert left == sorted(left, reverse=True)
        found.append(left[0])
    assert clock.monotonic() == pytest.approx(sum(found), abs=0.01)
    return found


async def test_pauses_grow_to_their_longest_and_are_never_quite_the_same() -> None:
    one, other = await pauses(ticket(), count=9), await pauses(ticket(run="r2"), count=9)
    assert one == await pauses(ticket(), count=9)
    assert one != other
    for index, each in enumerate(one):
        whole = min(0.5 * 2**index, LONGEST_PAUSE)
        assert whole / 2 <= each <= whole + 0.001


async def test_a_try_that_would_come_after_the_end_of_patience_is_not_waited_for() -> None:
    tries = Tries(ticket=ticket(), clock=FakeClock(), patience=0.1)
    with pytest.raises(DatabaseError, match=r"not to be had in 0\.0 s, in 1 try: it is locked") as error:
        tries.refused(LockNotFree("it is locked"))
    assert not isinstance(error.value, LockNotFree)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"sql": "VACUUM", "lock_timeout": "1s"}, "lock_timeout: VACUUM is executed alone"),
        ({"sql": ADD, "undo": DROP, "lock_timeout": "0s"}, "lock_timeout: no time at all"),
        ({"sql": ADD, "undo": DROP, "lock_timeout": "soon"}, "lock_timeout"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)
