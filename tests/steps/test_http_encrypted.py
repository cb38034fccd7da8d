"""A server whose certificate nobody vouches for is sent nothing."""

import ssl
from pathlib import Path

import pytest

from console.core.errors import CheckFailed
from tests.servers.certificates import authority, signed
from tests.steps.site import Site, step_of
from tests.steps.web import says, serving


async def test_a_certificate_of_an_authority_that_nobody_knows_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("APP_TOKEN", "hunter2-of-the-api")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*signed(authority(tmp_path, "nobody"), host="localhost", into=tmp_path, owner=tmp_path))
    async with serving(encrypted=context) as web:
        web.on("/", says(200))
        step = step_of(http=f"https://localhost:{web.port}/", headers={"Authorization": "env:APP_TOKEN"})
        with pytest.raises(CheckFailed, match=r"no connection: .*CERTIFICATE_VERIFY_FAILED"):
            await site.run(step)
        assert web.received == []
