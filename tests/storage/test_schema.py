import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from console.steps import kinds
from console.storage.schema import DRAFT, schema
from console.storage.typed_nodes import plain
from console.storage.yaml_nodes import document

SOUND = Path(__file__).with_name("sound.yaml")


def problems(change: dict[str, Any] | None = None, *, step: dict[str, Any] | None = None) -> list[str]:
    """Return what the schema says of the sound runbook with other values in it, or with another first step."""
    found = copy.deepcopy(plain(document(SOUND.read_bytes()))) | (change or {})
    if step is not None:
        found["phases"][0]["steps"][0] = step
    return [problem.json_path for problem in Draft202012Validator(schema()).iter_errors(found)]


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    found = schema()
    assert found["$schema"] == DRAFT
    Draft202012Validator.check_schema(found)


def test_a_sound_runbook_fits() -> None:
    assert problems() == []


def test_every_kind_has_its_step() -> None:
    steps = schema()["$defs"]["Step"]["oneOf"]
    assert [each["$ref"].rpartition(" ")[2] for each in steps] == list(kinds())


def test_an_editor_is_told_what_a_field_means() -> None:
    definitions = schema()["$defs"]
    told = definitions["Step of the kind sql"]["properties"]
    assert told["sql"]["description"] == "One or more statements."
    assert told["restore"]["description"] == "Where the data come back from when there is no undo."
    assert definitions["Soak"]["description"].startswith("A phase waits until")
    assert definitions["Backfill"]["properties"]["set"]["description"] == "Column → SQL expression."


def test_nothing_that_is_found_out_can_be_written() -> None:
    for name in ("driven_by", "signatures", "asks_again", "kind", "data"):
        assert problems(step={"id": "a", "manual": "b", name: []}), name


@pytest.mark.parametrize(
    "step",
    [
        {"id": "a"},
        {"manual": "b"},
        {"id": "A", "manual": "b"},
        {"id": "a", "manual": "b", "sql": "c"},
        {"id": "a", "manaul": "b"},
        {"id": "a", "wait": "3 days"},
        {"id": "a", "sql": "b", "foreign_keys": "maybe"},
        {"id": "a", "check": {"colum": "b"}},
        {"id": "a", "manual": "b", "requires": "c"},
        {"id": "a", "check": "b", "expect": {"rows": 1_000_001}},
        {"id": "a", "check": "b", "expect": {"rows": -1}},
        {"id": "a", "backfill": {"table": "b", "key": "c", "set": {"d": "1"}, "batch_size": 0}},
    ],
)
def test_a_wrong_step_does_not_fit(step: dict[str, Any]) -> None:
    assert problems(step=step) == ["$.phases[0].steps[0]"]


def test_a_wrong_head_does_not_fit() -> None:
    assert problems({"risk": "hihg"}) == ["$.risk"]
    assert problems({"titel": "x"}) == ["$"]
    assert problems({"window": "2 hours"}) == ["$.window"]


def test_a_number_may_stand_where_a_text_is_read() -> None:
    assert problems({"version": 3.4, "ticket": 17}) == []
