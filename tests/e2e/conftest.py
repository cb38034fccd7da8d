"""One machine for each test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.site import Site, Tell, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A machine of its own; nothing stays running on it."""
    with site(tmp_path) as opened:
        yield opened


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Say a figure past pytest's capturing."""

    def tell(figure: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{figure}\n")

    return tell
