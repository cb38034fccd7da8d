"""What people do is never run; its undo is put to a person too."""

from typing import Any

import pytest

from console.core.errors import GateError
from console.core.observations import StepPutToPerson
from console.core.ports import Facts
from console.steps import kind_of
from tests.steps.site import Site, step_of

FACTS = Facts(engine="sqlite", version="3", environment="staging")
PAGER = {"manual": "Tell the pager rota that the window opens", "observe": "who answered", "expect": "a name"}
RELEASE = {"release": "v1.1", "ask": "it writes both columns", "back": "release v1.0; no data are lost"}
SIGN = {"sign_off": "The plan is understood"}


@pytest.mark.parametrize("mapping", [PAGER, RELEASE, SIGN], ids=["manual", "release", "sign_off"])
async def test_it_is_not_run_and_nothing_of_it_can_be_in_doubt(site: Site, mapping: dict[str, Any]) -> None:
    step = step_of(**mapping)
    with pytest.raises(GateError, match="not run"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"


async def test_the_way_back_is_put_to_a_person_whose_word_then_counts(site: Site) -> None:
    manual = step_of(**PAGER, undo="Tell the rota that it is off")
    assert await site.undo(manual) == [StepPutToPerson(step="it", question="Tell the rota that it is off")]
    release = step_of(**RELEASE)
    assert await site.undo(release) == [StepPutToPerson(step="it", question="release v1.0; no data are lost")]


async def test_without_a_way_back_there_is_nothing_to_take_back(site: Site) -> None:
    assert await site.undo(step_of(**PAGER)) == ["nothing to take back"]
    assert await site.undo(step_of(**SIGN)) == ["the signatures lapse"]


def test_people_drive_them() -> None:
    assert step_of(**PAGER).driven_by == "person"
    assert step_of(**RELEASE).driven_by == "person"
    assert step_of(**SIGN).driven_by == "signatures"
    assert step_of(**RELEASE).title == "Release v1.1 is live"


def test_what_a_release_asks_to_observe_is_in_its_data_even_when_nobody_wrote_it() -> None:
    assert step_of(**RELEASE).data["observe"] == "the version that every instance reports"
    assert step_of(**PAGER).data["observe"] == "who answered"


@pytest.mark.parametrize(
    ("risk", "roles"),
    [
        ("low", ("reviewer",)),
        ("medium", ("reviewer", "reviewer")),
        ("high", ("tech-lead", "dba")),
        ("critical", ("tech-lead", "dba", "architect")),
    ],
)
def test_who_signs_follows_from_the_risk_unless_it_is_written(risk: str, roles: tuple[str, ...]) -> None:
    assert step_of(risk, **SIGN).signatures == roles
    assert step_of(risk, **SIGN, roles=["dba"]).signatures == ("dba",)


def test_the_preview_says_who_does_what() -> None:
    def words(mapping: dict[str, Any]) -> tuple[str, str]:
        step = step_of(**mapping)
        preview = kind_of(step).preview(step, FACTS)
        return preview.words, preview.undo

    told, _ = words(PAGER)
    assert told == f"{PAGER['manual']} — write down: who answered (expected: a name)"
    told, back = words(RELEASE)
    assert told.startswith("Release v1.1 is live on every instance: it writes both columns — write down:")
    assert back == RELEASE["back"]
    assert words(SIGN) == ("The plan is understood — signed by: reviewer", "The signatures lapse.")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"manual": " "}, "manual: says nothing"),
        ({"manual": "Look", "expect": "5"}, "expect: of what"),
        ({"release": ""}, "release: says nothing"),
        ({"sign_off": ""}, "sign_off: says nothing"),
        ({"sign_off": "x", "roles": ["dba", " "]}, "roles: one of them is empty"),
        ({"sign_off": "x", "undo": "y"}, "undo: signatures lapse"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)
