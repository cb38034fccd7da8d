"""One machine for each test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.accounts import Accounts, accounts, passable_folder
from tests.e2e.office import Office
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


@pytest.fixture(scope="module")
def people() -> Iterator[Accounts]:
    """Accounts made for one module."""
    with accounts() as made:
        yield made


@pytest.fixture
def office(people: Accounts) -> Iterator[Office]:
    """A machine that several accounts use."""
    with passable_folder(people.operator) as folder:
        opened = Office(folder, people)
        try:
            yield opened
        finally:
            opened.close()
