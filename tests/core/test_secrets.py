"""A secret leaves nothing behind: not in texts, not in events, not in errors; and what others go by is left alone."""

import traceback
from typing import Any

import pytest
from msgspec import json

from console.core import events as e
from console.core.changed import PhaseApproached
from console.core.commands import ConfirmStep, Refused
from console.core.errors import GateError, InvalidDocument, RunbookError
from console.core.identity import Identity
from console.core.observations import BaselineRecorded, Sampled
from console.core.secrets import MASK, Secrets, holds_password, redacted
from tests.core import build

AWKWARD = "S3cr:et/@ \"ä'\\x"
URL = "postgresql://op1:hunter2%40x@db1:5432/app?sslpassword=k3y%2Bpass&x=1"
INSIDE = "hunter2@x"
SECRETS = Secrets.of([URL, AWKWARD])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///srv/shop.db", "sqlite:///srv/shop.db"),
        ("sqlite:///srv/a:b@c.db", "sqlite:///srv/a:b@c.db"),
        ("postgresql://op1:s3cret@db1:5432/app", "postgresql://op1:***@db1:5432/app"),
        ("postgresql://:s3cret@db1:5432/app", "postgresql://:***@db1:5432/app"),
        ("postgresql://op1:s3:c/r@e#t@db1/app", "postgresql://op1:***@db1/app"),
        ("postgresql://op1@db1/app?password=s3cret&x=1", "postgresql://op1@db1/app?password=***&x=1"),
        ("mysql://op1@db1/app?passwd=s3cret", "mysql://op1@db1/app?passwd=***"),
        ("host=db1 password='s3 \\' cret' user=op1", "host=db1 password=*** user=op1"),
        ("postgresql://[s3cret", "postgresql://[s3cret"),
        ("", ""),
    ],
)
def test_a_password_is_never_shown_in_a_url(url: str, shown: str) -> None:
    assert redacted(url) == shown
    assert holds_password(url) == ("***" in shown)


@pytest.mark.parametrize(
    "form",
    [
        URL,
        "hunter2%40x",
        "hunter2@x",
        "k3y%2Bpass",
        "k3y+pass",
        AWKWARD,
        repr(AWKWARD)[1:-1],
        json.encode(AWKWARD).decode()[1:-1],
        "S3cr%3Aet%2F%40%20%22%C3%A4%27%5Cx",
    ],
)
def test_every_form_of_a_secret_is_taken_out_of_a_text(form: str) -> None:
    assert SECRETS.masked(f"cannot connect: {form} was refused") == f"cannot connect: {MASK} was refused"


def test_an_at_sign_further_on_hides_no_password() -> None:
    secrets = Secrets.of(["postgresql://op1:hunter2@db1/app?options=a@b"])
    assert secrets.masked("hunter2") == MASK


def test_what_is_shorter_than_four_characters_is_no_secret() -> None:
    assert Secrets.of(["a:b@", "pwd", ""]).masked("a:b@ pwd") == f"{MASK} pwd"


def test_a_secret_is_not_told_by_what_holds_it() -> None:
    assert "hunter2" not in repr(SECRETS)
    assert "hunter2" not in str(SECRETS)


EVENTS: list[Any] = [
    e.StepFailed(step="add", error=f"no {AWKWARD}", remedy=AWKWARD),
    e.Noted(text=f"it is {AWKWARD}"),
    e.StepConfirmed(step="add", value=AWKWARD, note=AWKWARD),
    e.StepSettled(step="add", happened="yes", evidence=AWKWARD),
    e.UndoVerified(phase="only", checks=(("schema", AWKWARD, AWKWARD, False),)),
    BaselineRecorded(step="add", value=AWKWARD),
    Sampled(step="add", columns=(AWKWARD,), rows=((AWKWARD, "x"),)),
    e.GateAsked(phase="only", step="add", passed=True, actual=AWKWARD),
    e.EngineStopped(reason=AWKWARD),
    e.RunAborted(reason=AWKWARD),
    PhaseApproached(phase="only", gates=("add",), then=ConfirmStep(step="add", note=AWKWARD)),
    Refused(reason=AWKWARD, remedy=AWKWARD),
    Identity(engine="sqlite", version="3", name=AWKWARD, label=AWKWARD, facts={"device": "7"}),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_the_same_one_without_the_secret(event: Any) -> None:
    found = SECRETS.out_of(event)
    assert type(found) is type(event)
    assert AWKWARD not in repr(found).replace("\\\\", "\\").replace("\\'", "'")
    assert MASK in repr(found)
    assert Secrets.of(["something else"]).out_of(event) is event


def test_halves_of_surrogate_pairs_do_not_let_a_secret_through() -> None:
    found = SECRETS.out_of(e.Noted(text=f"\ud800 {AWKWARD}"))
    assert found.text == f"\ud800 {MASK}"


def test_a_secret_that_is_no_utf_8_is_taken_out_too() -> None:
    secrets = Secrets.of(["sqlite:a.db?password=s3cr\udcff\ud800t"])
    assert secrets.out_of(e.Noted(text="it is s3cr\udcff\ud800t")).text == f"it is {MASK}"


def test_names_that_others_go_by_are_left_alone() -> None:
    secrets = Secrets.of(["main", "expand", "op11", "lead"])
    events: list[Any] = [
        e.StepStarted(step="main", attempt=1),
        e.PhaseEntered(phase="expand", schema="main"),
        e.DriverChanged(driver="op11"),
        e.SignedOff(step="main", role="lead"),
        e.PointOfNoReturnApproached(phase="expand", asks="?", fact="main", gates=("expand",)),
        e.PointOfNoReturnPassed(phase="expand", typed="main"),
        e.UndoStarted(phase="expand", steps=("main",)),
    ]
    assert [secrets.out_of(event) for event in events] == events


def test_a_runbook_is_executed_as_it_was_approved_so_that_nothing_is_taken_out_of_it() -> None:
    event = build.opening(build.runbook(build.phase("only", build.step("add"))))
    word = event.runbook.phases[0].steps[0].title
    found = Secrets.of([word]).out_of(event)
    assert (found.runbook, found.source, found.plan_digest) == (event.runbook, event.source, event.plan_digest)


@pytest.mark.parametrize(
    ("secret", "text", "line"),
    [
        ("hunter2-S3", "a\nb: hunter2-S3\n", 2),
        ("hunter2-S3", "a\nb: hunter2-S34\n", None),
        ("postgres", "engine: postgres\n", None),
        ("pass_word", "users.pass_word", None),
        ("x1", "x1", None),
    ],
)
def test_a_secret_that_means_something_is_found_in_a_runbook(secret: str, text: str, line: int | None) -> None:
    secrets = Secrets.of([secret])
    if line is None:
        secrets.ensure_not_in(text, name="users.yaml")
        return
    with pytest.raises(RunbookError, match=f"^users.yaml:{line}: here stands") as refused:
        secrets.ensure_not_in(text, name="users.yaml")
    assert secret not in str(refused.value)


def test_an_error_and_all_that_caused_it_are_told_without_a_secret() -> None:
    with pytest.raises(ExceptionGroup) as caught, SECRETS.kept_from_errors():
        _fail()
    told = "".join(traceback.format_exception(caught.value))
    assert INSIDE not in told
    assert told.count(MASK) == 6


def _fail() -> None:
    try:
        try:
            raise FileNotFoundError(2, "not there", INSIDE)
        except OSError as error:
            error.add_note(INSIDE)
            raise GateError(INSIDE, remedy=INSIDE) from error
    except GateError:
        raise ExceptionGroup("two", [InvalidDocument((INSIDE,)), KeyError(INSIDE)])  # noqa: B904 - its context is looked at too


def test_errors_keep_their_message_and_way_out() -> None:
    with pytest.raises(GateError) as caught, SECRETS.kept_from_errors():
        raise GateError(f"no {INSIDE}", remedy=f"not {INSIDE}")
    assert str(caught.value) == f"no {MASK} — not {MASK}"


def test_what_a_document_names_is_secret_with_the_longer_words_in_it() -> None:
    document = {"a": ("env:TOKEN", 3, None), "b": {"c": "DELETE env:HOOK"}, "d": "xenv:OTHER", "e": "env:NOT_SET"}
    environ = {"TOKEN": "Bearer abcdefgh-1", "HOOK": "https://h/x", "OTHER": "unseen"}
    known = Secrets.named_in(document, environ)
    assert (
        known.masked("Bearer abcdefgh-1, abcdefgh-1, https://h/x, Bearer, unseen")
        == f"{MASK}, {MASK}, {MASK}, Bearer, unseen"
    )


def test_secrets_add_up_and_the_longest_goes_first() -> None:
    both = Secrets.of(["hunter2"]).and_also(Secrets.of(["hunter2-long"]))
    assert both.masked("hunter2-long hunter2") == f"{MASK} {MASK}"
