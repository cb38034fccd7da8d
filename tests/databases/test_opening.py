"""URLs: which engine they name, what they may show, and what they may not."""

import pytest

from console import databases
from console.core.errors import RunbookError, Unreachable


def test_a_variable_is_looked_up_and_a_url_is_itself() -> None:
    assert databases.resolve("env:SHOP", {"SHOP": "sqlite:shop.db"}) == "sqlite:shop.db"
    assert databases.resolve("sqlite:shop.db", {}) == "sqlite:shop.db"


@pytest.mark.parametrize("environ", [{}, {"SHOP": ""}])
def test_a_variable_that_is_not_set_is_named_with_the_way_out(environ: dict[str, str]) -> None:
    with pytest.raises(RunbookError, match="SHOP is not set — export SHOP=URL"):
        databases.resolve("env:SHOP", environ)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///srv/shop.db", "sqlite:///srv/shop.db"),
        ("postgresql://op1:s3cret@db1:5432/app", "postgresql://op1:***@db1:5432/app"),
        ("postgresql://op1:s3:c/r@e#t@db1/app", "postgresql://op1:***@db1/app"),
        ("postgresql://op1@db1/app?password=s3cret&x=1", "postgresql://op1@db1/app?password=***&x=1"),
        ("host=db1 password='s3 \\' cret' user=op1", "host=db1 password=*** user=op1"),
        ("postgresql://[s3cret", "postgresql://[s3cret"),
        ("", ""),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert databases.redacted(url) == shown


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://op1:s3cret@db1/app", "postgresql is not built in yet"),
        ("mysql://db1/app", "mysql is not built in yet"),
        ("oracle://op1:s3cret@db1/app", "oracle: is unknown"),
        ("fake:", "fake: is unknown"),
        ("shop.db", "is no database URL"),
        ("", "is no database URL"),
        ("sqlite:", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:a\0b", "names no file"),
        ("sqlite://host/shop.db", "names a host"),
        ("sqlite::memory:", "is gone when its process ends"),
    ],
)
async def test_a_url_that_cannot_be_opened_is_refused_with_the_way_out(url: str, reason: str) -> None:
    with pytest.raises(RunbookError, match=reason) as refused:
        await databases.open_target(url)
    assert refused.value.remedy
    assert "s3cret" not in str(refused.value)


async def test_a_name_longer_than_any_file_is_out_of_reach() -> None:
    with pytest.raises(Unreachable, match="cannot be found"):
        await databases.open_target("sqlite:" + "x" * 10_000)


def test_engines_are_found_by_the_folder() -> None:
    assert "sqlite" in databases.engines()
    assert "fake" not in databases.engines()
