"""What the README says is what the code has; pictures and files that it names are there."""

import re

import pytest

from console.cli.command_line import overview
from tests.readme import README, TABLES, written
from tests.source import ROOT

TEXT = README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_what_stands_between_markers_is_made_from_the_code(name: str) -> None:
    assert written(name, TEXT) == TABLES[name](), "python -m tests.readme writes it anew"


def test_every_file_that_the_readme_links_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert linked
    assert not [path for path in linked if not (ROOT / path).exists()]


def test_the_exit_statuses_are_those_of_the_help() -> None:
    told = overview().partition("exit status:")[2]
    in_help = {int(status) for status in re.findall(r"(?:^|· )(\d+) ", " ".join(told.split()))}
    in_readme = {int(status) for status in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    assert in_help == {0, 1, 2, 3, 4, 5, 6, 70}
    assert in_readme == in_help | {130, 141}


def test_every_make_target_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:`|^    )make (\w+)", TEXT, re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "check", "test", "bench", "soak"} <= named <= targets
