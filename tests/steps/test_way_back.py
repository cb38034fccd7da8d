"""An undo takes something back, or it is none."""

import pytest

from tests.steps.site import step_of

FILL = {"table": "users", "key": "id", "set": {"org_id": "'x'"}}


def test_an_undo_that_takes_nothing_back_is_refused() -> None:
    with pytest.raises(ValueError, match="undo: only reads"):
        step_of(backfill=FILL, undo="SELECT 1")
    own = "INSERT INTO copies SELECT id FROM users WHERE id > :low AND id <= :high"
    with pytest.raises(ValueError, match="undo: is the statement itself"):
        step_of(backfill={"table": "users", "key": "id", "sql": own}, undo=own)


def test_an_update_can_be_its_own_undo() -> None:
    exchange = "UPDATE users SET org_id = account_id, account_id = org_id"
    assert step_of(sql=exchange, undo=exchange).undo == exchange
