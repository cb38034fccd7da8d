"""The engine's log is its owner's alone, holds no secret, and has what nobody else would tell."""

import logging
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from console.cli import engine_log
from console.core.secrets import MASK, Secrets

SECRETS = Secrets.of(["hunter2"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / engine_log.FILE


def test_an_entry_and_its_traceback_hold_no_secret(path: Path) -> None:
    with engine_log.kept(path, SECRETS):
        try:
            os.environ[SECRETS.values[0]]
        except KeyError:
            logging.getLogger("console.test").exception("it was %s", *SECRETS.values)
    said = path.read_text()
    assert "hunter2" not in said
    assert f"it was {MASK}" in said
    assert f"KeyError: '{MASK}'" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_ends_a_thread_is_logged(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with engine_log.kept(path, SECRETS):
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
    assert "ZeroDivisionError" in path.read_text()
    assert capsys.readouterr().err == ""


def test_it_ends_with_the_engine_and_is_gone_on_with_by_the_next(path: Path) -> None:
    before = logging.getLogger().handlers[:], sys.unraisablehook, threading.excepthook, logging.raiseExceptions
    for word in ("first", "second"):
        with engine_log.kept(path, SECRETS):
            logging.getLogger("console.test").warning(word)
    after = logging.getLogger().handlers[:], sys.unraisablehook, threading.excepthook, logging.raiseExceptions
    assert before == after
    assert [line.split()[-1] for line in path.read_text().splitlines()] == ["first", "second"]


def test_a_full_disk_under_it_is_no_reason_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    with engine_log.kept(Path("/dev/full"), SECRETS):
        logging.getLogger("console.test").warning("nobody hears this")
    assert capsys.readouterr().err == ""
