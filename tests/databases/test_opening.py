"""URLs: which engine they name, and what nobody may see of them."""

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


def test_a_url_with_a_password_is_refused_as_an_argument_without_repeating_it() -> None:
    with pytest.raises(RunbookError, match="env:NAME") as refused:
        databases.refuse_literal_password("postgresql://op1:s3cret@db1/app")
    assert "s3cret" not in str(refused.value)
    assert databases.refuse_literal_password("postgresql://op1@db1/app") == "postgresql://op1@db1/app"


def test_what_a_runbooks_variables_hold_is_secret_and_what_it_says_itself_is_not() -> None:
    named = {"main": "env:SHOP", "replica": "env:UNSET", "other": "sqlite:shop.db"}
    secrets = databases.secrets_of(named, {"SHOP": "sqlite:app.db?password=s3cret", "HOME": "/home/op1"})
    assert secrets.masked("s3cret sqlite:app.db?password=s3cret sqlite:shop.db /home/op1") == (
        "••• ••• sqlite:shop.db /home/op1"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mariadb://op1:s3cret@db1/app", "mariadb is not built in yet"),
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
