"""One request and what came back.

Rule: bounded in time and size, certificates are verified, and no secret is in an error.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from console.core.errors import CheckFailed, Interrupted

if TYPE_CHECKING:
    import httpx

LARGEST = 1 << 20
"""Bytes of an answer that are read."""
LOOK = 0.1
"""Seconds between two looks at whether the step is to end."""
MARGIN = 3.0
"""Seconds after its time at which a request is given up: until then each part of it ends in order by itself, as
connecting does, which leaves its socket behind when it is cancelled.
"""
_LONGEST = 200


class Request(Struct, frozen=True, kw_only=True):
    """What is sent, all looked up."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    timeout: float
    written: str
    """The time as the runbook has it."""
    redirects: bool
    reads_body: bool


class Answer(Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    body: bytes
    seconds: float


class Silence(CheckFailed):
    """No answer came; `sent` is false when nothing can have reached the server."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


async def answer(request: Request, *, cancelling: Callable[[], bool]) -> Answer:
    """Send a request once. Raises Silence, and Interrupted when its end was asked for."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    task = asyncio.ensure_future(_exchange(request))
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK)
            if not task.done() and cancelling():
                raise Interrupted("the request was given up")
            if not task.done() and loop.time() - began > request.timeout + MARGIN:
                raise Silence(f"no whole answer within {request.written}", sent=True)
        status, body = task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})
    return Answer(status=status, body=body, seconds=loop.time() - began)


async def _exchange(request: Request) -> tuple[int, bytes]:
    import httpx

    began = asyncio.get_running_loop().time()
    client: httpx.AsyncClient | None = None
    try:
        client = httpx.AsyncClient(
            # The machine's own certificates, so that an organisation's are trusted where it says so.
            verify=ssl.create_default_context(),
            follow_redirects=request.redirects,
            timeout=request.timeout,
            headers={"User-Agent": "runbook-console"},
        )
        asked = client.build_request(request.method, request.url, headers=request.headers, content=request.body)
        response = await client.send(asked, stream=True)
        return response.status_code, await _body(response, request, began=began) if request.reads_body else b""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        raise _silence(error, request) from None
    finally:
        if client is not None:
            await client.aclose()


async def _body(response: "httpx.Response", request: Request, *, began: float) -> bytes:
    found, loop = bytearray(), asyncio.get_running_loop()
    async for chunk in response.aiter_bytes():
        found += chunk
        if len(found) > LARGEST:
            raise Silence(f"the answer is over {LARGEST // 1024} KiB long", sent=True)
        if loop.time() - began > request.timeout:
            raise Silence(f"no whole answer within {request.written}", sent=True)
    return bytes(found)


def _silence(error: Exception, request: Request) -> Silence:
    """Return what is told of a failure: no address, as that may be secret."""
    import httpx

    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Silence(f"no connection within {request.written}", sent=False)
        case httpx.ConnectError():
            return Silence(f"no connection: {_discreet(error, request)}", sent=False)
        case httpx.TimeoutException():
            return Silence(f"no answer within {request.written}", sent=True)
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return Silence("the connection broke off before the answer was whole", sent=True)
        case httpx.TooManyRedirects():
            return Silence("it redirects without an end", sent=True)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | ValueError():
            return Silence("the address or a header is none", sent=False)
        case _:
            return Silence(f"{type(error).__name__}: {_discreet(error, request)}", sent=True)


def _discreet(error: Exception, request: Request) -> str:
    text = str(error).replace(request.url, "…")
    return "".join(each if each.isprintable() else "�" for each in text)[:_LONGEST]
