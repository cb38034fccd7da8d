"""A shell with a state folder of its own."""

from pathlib import Path

import pytest

from tests.cli.kept import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return Shell(tmp_path, capfd)
