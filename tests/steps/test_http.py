"""A request is compared with what is expected, and what acts is sent once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from console.core.errors import CheckFailed, GateError, Interrupted, RunbookError, WrongTarget
from console.core.observations import Measured, Noticed
from console.steps import kind_of
from tests.steps.site import Site, step_of, the
from tests.steps.web import Web, breaks_off, drips, floods, hangs, hangs_up, says, serving


@pytest.fixture
async def web(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Web]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with serving() as found:
        yield found


async def failed(site: Site, **mapping: Any) -> str:
    """Return what was found instead of what was expected."""
    with pytest.raises(CheckFailed) as caught:
        await site.run(step_of(**mapping))
    return caught.value.message.partition(", found ")[2]


async def test_an_answer_as_expected_is_measured_and_nothing_is_written(site: Site, web: Web) -> None:
    url = web.on("/health", says(200, '{"checks": [{"status": "ok"}]}'))
    expect = {"json": {"path": "$.checks[0].status", "equals": "ok"}, "body": "ok", "faster_than": "10s"}
    step = step_of(http=url, title="Healthy", expect=expect)
    items = await site.run(step)
    row = the(Measured, items)
    assert (row.check, row.passed) == ("Healthy", True)
    assert row.expected == "200, $.checks[0].status = ok, a body that matches ok, faster than 10s"
    assert row.actual.startswith("200, $.checks[0].status = ok, a body that matches, ")
    assert items[-1] == row.actual
    assert site.ask("SELECT count(*) FROM runbook_ledger") == [(0,)]
    assert step.asks_again
    assert (await site.settle(step)).happened == "no"
    assert await site.undo(step) == ["nothing to undo"]


@pytest.mark.parametrize(
    ("body", "expect", "found"),
    [
        ('{"status": "down"}', {"path": "$.status", "equals": "ok"}, "200, $.status = down"),
        ('{"status": {"a": 1}}', {"path": "$.status", "equals": "ok"}, "200, $.status = an object"),
        ('{"status": []}', {"path": "$.status", "equals": "[]"}, "200, $.status = a list"),
        ("{}", {"path": "$.status", "equals": "ok"}, "200, nothing at $.status"),
        ("[1]", {"path": "$[1]", "equals": 1}, "200, nothing at $[1]"),
        ("<html>", {"path": "$.status", "equals": "ok"}, "200, no JSON"),
        ("[" * 100_000, {"path": "$.status", "equals": "ok"}, "200, no JSON"),
        ("\xff", {"path": "$.status", "equals": "ok"}, "200, no JSON"),
        ('{"ok": 1}', {"path": "$.ok", "equals": True}, "200, $.ok = 1"),
        ('{"n": "ada@example.org"}', {"path": "$.n", "equals": 3}, "200, $.n = text of 15 characters, sha256 "),
    ],
)
async def test_what_is_not_as_expected_is_told(
    site: Site, web: Web, body: str, expect: dict[str, Any], found: str
) -> None:
    url = web.on("/", says(200, body))
    assert (await failed(site, http=url, expect={"json": expect})).startswith(found)


@pytest.mark.parametrize(
    ("body", "path", "equals"),
    [
        ('{"a b": [true]}', '$["a b"][0]', True),
        ('{"n": 3.0}', "$.n", 3),
        ('{"n": null}', "$['n']", None),
        ('"ok"', "$", "ok"),
    ],
)
async def test_a_path_leads_to_one_value(site: Site, web: Web, body: str, path: str, equals: Any) -> None:
    await site.run(step_of(http=web.on("/", says(200, body)), expect={"json": {"path": path, "equals": equals}}))


async def test_a_status_and_a_redirect_are_not_followed_unless_it_is_said(site: Site, web: Web) -> None:
    end = web.on("/end", says(200))
    url = web.on("/start", says(302, Location=end))
    assert await failed(site, http=url) == "302"
    assert await failed(site, http=web.url("/nowhere")) == "404"
    assert (await site.run(step_of(http=url, redirects="followed")))[-1] == "200"
    circle = web.on("/circle", says(302, Location="/circle"))
    assert await failed(site, http=circle, redirects="followed") == "it redirects without an end"


async def test_an_answer_that_does_not_come_is_told_for_what_it_is(site: Site, web: Web) -> None:
    expect = {"body": "x"}
    for path, reply, found in (
        ("/hangs", hangs, "within 1s"),
        ("/drips", drips, "no whole answer within 1s"),
        ("/floods", floods, "the answer is over 1024 KiB long"),
        ("/breaks", breaks_off, "the connection broke off before the answer was whole"),
        ("/gone", hangs_up, "the connection broke off before the answer was whole"),
    ):
        assert found in await failed(site, http=web.on(path, reply), expect=expect, timeout="1s")


def nobody_listens() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"


async def test_a_server_that_is_down_and_one_that_knows_no_encryption_are_told(site: Site, web: Web) -> None:
    assert (await failed(site, http=nobody_listens())).startswith("no connection")
    encrypted = web.url("/").replace("http:", "https:")
    assert "within 1s" in await failed(site, http=encrypted, timeout="1s")


async def test_it_is_tried_again_until_it_is_as_expected(site: Site, web: Web) -> None:
    url = web.on("/", says(503), hangs_up, says(200))
    items = await site.run(step_of(http=url, retry={"times": 5, "pause": "3s"}))
    assert [each.text for each in items if isinstance(each, Noticed)] == [
        "try 1 of 6: 503; again in 3s",
        "try 2 of 6: the connection broke off before the answer was whole; again in 3s",
    ]
    assert the(Measured, items).passed
    assert site.clock.monotonic() == 6


async def test_it_is_not_tried_for_ever(site: Site, web: Web) -> None:
    assert await failed(site, http=web.on("/", says(503)), retry={"times": 2, "pause": "1s"}) == "503"
    assert len(web.received) == 3


async def test_a_cancel_gives_up_a_request_that_hangs_and_a_pause(site: Site, web: Web) -> None:
    site.facts = replace(site.facts, cancelling=lambda: bool(web.received))
    with pytest.raises(Interrupted, match="given up"):
        await site.run(step_of(http=web.on("/hangs", hangs), timeout="60s"))
    site.facts = replace(site.facts, cancelling=lambda: site.clock.monotonic() > 0)
    with pytest.raises(Interrupted, match="between two tries"):
        await site.run(step_of(http=web.on("/", says(503)), retry={"times": 2}))


async def test_secrets_go_into_headers_and_come_out_nowhere(
    site: Site, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_TOKEN", "Bearer hunter2-of-the-api")
    url = web.on("/", says(200, '{"echo": "hunter2-of-the-api"}'))
    expect = {"json": {"path": "$.echo", "equals": "ok"}}
    assert (
        await failed(site, http=url, headers={"Authorization": "env:APP_TOKEN"}, expect=expect) == "200, $.echo = •••"
    )
    assert web.received[0].headers["authorization"] == "Bearer hunter2-of-the-api"
    with pytest.raises(RunbookError, match="variable NOT_SET_ANYWHERE is not set"):
        await site.run(step_of(http="env:NOT_SET_ANYWHERE"))


async def test_the_address_can_be_secret(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", nobody_listens() + "secret-path")
    assert "secret-path" not in await failed(site, http="env:HOOK")
    monkeypatch.setenv("HOOK", "no address at all")
    assert await failed(site, http="env:HOOK") == "the address or a header is none"


def post(web: Web, *replies: Any, **mapping: Any) -> Any:
    mapping = {"undo": f"DELETE {web.url('/flag')}", **mapping}
    return step_of(http=web.on("/flag", *replies), method="POST", send='{"on": true}', **mapping)


async def test_what_acts_is_sent_once_and_taken_back(site: Site, web: Web) -> None:
    step = post(web, says(200))
    await site.run(step)
    assert await site.run(step) == ["it had happened before"]
    (sent,) = web.received
    assert (sent.method, sent.body, sent.headers["content-type"]) == ("POST", b'{"on": true}', "application/json")
    assert not step.asks_again
    assert (await site.settle(step)).happened == "yes"
    assert await site.undo(step) == ["answered with 200"]
    assert (web.received[-1].method, web.received[-1].body) == ("DELETE", b"")
    assert (await site.settle(step, "undo")).happened == "yes"


@pytest.mark.parametrize(
    ("reply", "mapping", "happened"),
    [
        (hangs_up, {}, "unknown"),
        (hangs_up, {"idempotent": True}, "no"),
        (hangs_up, {"undo": None, "changes": "nothing"}, "no"),
        (says(500), {}, "unknown"),
        (says(409), {}, "no"),
        (says(201), {}, "unknown"),
    ],
)
async def test_of_what_was_sent_and_not_answered_well_only_the_runbook_may_know(
    site: Site, web: Web, reply: Any, mapping: dict[str, Any], happened: str
) -> None:
    step = post(web, reply, **mapping)
    with pytest.raises(CheckFailed):
        await site.run(step)
    assert (await site.settle(step)).happened == happened


async def test_what_acts_is_tried_again_only_if_that_does_no_harm(site: Site, web: Web) -> None:
    with pytest.raises(CheckFailed):
        await site.run(post(web, hangs_up, says(200), retry={"times": 3}))
    assert len(web.received) == 1
    await site.run(post(web, hangs_up, says(200), retry={"times": 3}, idempotent=True))
    assert len(web.received) == 3


async def test_what_reached_nobody_did_not_happen(site: Site, web: Web) -> None:
    step = step_of(http=nobody_listens(), method="POST", undo=f"DELETE {web.url('/flag')}")
    assert (await site.settle(step)).happened == "no"
    with pytest.raises(CheckFailed, match="no connection"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"
    assert await site.undo(step) == ["nothing had happened"]


async def test_a_request_that_was_under_way_when_the_engine_was_killed_is_in_doubt(site: Site, web: Web) -> None:
    step = post(web, hangs, timeout="60s")
    task = asyncio.create_task(site.run(step))
    async with asyncio.timeout(30):
        while not web.received:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await site.settle(step)).happened == "unknown"


async def test_an_undo_that_is_refused_fails(site: Site, web: Web) -> None:
    step = post(web, says(200), says(500))
    await site.run(step)
    with pytest.raises(CheckFailed, match="was answered with 500"):
        await site.undo(step)
    assert (await site.settle(step, "undo")).happened == "unknown"
    restored = step_of(id="other", http=web.on("/x", says(200)), method="PUT", restore="The flag.")
    await site.run(restored)
    with pytest.raises(GateError, match="cannot be undone — restore: The flag"):
        await site.undo(restored)


async def test_an_engine_that_may_not_write_any_more_sends_nothing_that_acts(site: Site, web: Web) -> None:
    await site.run(post(web, says(200)))
    site.tell("DELETE FROM runbook_ledger")
    with pytest.raises(WrongTarget):
        await site.run(post(web, says(200), id="other"))
    assert len(web.received) == 1


def test_the_preview_says_what_is_sent_and_expected(site: Site) -> None:
    step = step_of(http="https://app.example.org/health", retry={"times": 5})
    assert step.title == "GET https://app.example.org/health"
    assert kind_of(step).preview(step, site.facts).words == (
        "Sends GET https://app.example.org/health. Expected within 10s: 200. Tried again 5 times, 5s apart."
    )


GOOD = "https://app.example.org/"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"http": "app.example.org"}, "http: is no URL such as"),
        ({"http": "ftp://app.example.org"}, "http: is no URL such as"),
        ({"http": "https://ada:hunter2@app.example.org"}, "http: holds a secret"),
        ({"http": "https://app.example.org?token=hunter2"}, "http: holds a secret"),
        ({"http": "https://[::1"}, "http: is no URL: Invalid IPv6"),
        ({"http": GOOD, "headers": {"Authorization": "Bearer x"}}, "headers: Authorization: holds a secret"),
        ({"http": GOOD, "headers": {"X Y": "x"}}, "headers: 'X Y' is not the name"),
        ({"http": GOOD, "headers": {"X-Y": "a\r\nb"}}, "headers: X-Y: holds a character"),
        ({"http": GOOD, "headers": {"X": "env:A"}, "redirects": "followed"}, "redirects: secrets would be sent"),
        ({"http": GOOD, "expect": {"json": {"path": "$..a", "equals": 1}}}, "expect: json: path: '[$]..a' is no path"),
        ({"http": GOOD, "expect": {"json": {"path": "a", "equals": 1}}}, "expect: json: path: 'a' is no path"),
        ({"http": GOOD, "expect": {"body": "("}}, "expect: body: is no regular expression"),
        ({"http": GOOD, "expect": {"faster_than": "0ms"}}, "expect: faster_than: nothing is faster"),
        ({"http": GOOD, "timeout": "0s"}, "timeout: no time at all"),
        ({"http": GOOD, "retry": {"times": 1, "pause": "0s"}}, "retry: no time at all"),
        ({"http": GOOD, "undo": "DELETE x"}, "undo: a GET changes nothing"),
        ({"http": GOOD, "send": "x"}, "send: a GET has no body"),
        ({"http": GOOD, "idempotent": True}, "idempotent: a GET only reads"),
        ({"http": GOOD, "method": "HEAD", "expect": {"body": "x"}}, "expect: the answer to a HEAD has no body"),
        ({"http": GOOD, "method": "POST"}, "undo: is missing; write METHOD URL"),
        ({"http": GOOD, "method": "POST", "undo": "take it back"}, "undo: write METHOD URL"),
        ({"http": GOOD, "method": "POST", "undo": "DELETE there"}, "undo: is no URL such as"),
        ({"http": GOOD, "method": "POST", "undo": "DELETE env:A", "changes": "nothing"}, "undo: it changes nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**mapping)
