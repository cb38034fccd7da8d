"""The verbs are found by the folder, listed without being imported, and each is as its kind has to be."""

import subprocess
import sys
from argparse import ArgumentParser

import pytest

import console
from console.cli import verbs
from console.cli.command_line import overview
from tests.source import ROOT

LISTED = {name: entry for name, entry in verbs.listed().items() if entry.help}


def test_the_verbs_of_the_design_are_there() -> None:
    expected = {"demo", "run", "check", "schema", "runs", "status", "watch", "replay", "report", "verify"}
    asked = {"sign", "note", "pause", "unpause", "abort", "take-over", "undo"}
    assert expected | asked | {"amend", "approve", "withdraw", "waive", "end-session"} == set(LISTED)


@pytest.mark.parametrize("name", verbs.listed())
def test_a_verb_is_called_like_its_module_and_says_in_a_sentence_what_it_does(name: str) -> None:
    entry = verbs.listed()[name]
    assert entry.module == f"console.cli.{name.replace('-', '_')}"
    assert not entry.help or (entry.help[0].isupper() and entry.help.endswith(".") and len(entry.help) < 90)


@pytest.mark.parametrize("name", verbs.listed())
def test_a_verb_has_arguments_with_help_and_something_to_do(name: str) -> None:
    verb = verbs.find(name)
    parser = ArgumentParser()
    verb.configure(parser)
    assert all(action.help for action in parser._actions)
    assert callable(verb.execute)


def test_the_overview_has_every_listed_verb_and_no_other() -> None:
    told = overview()
    width = max(len(name) for name in LISTED)
    for name, entry in verbs.listed().items():
        assert (f"  {name:{width}}  {entry.help}\n" in told) == bool(entry.help)


def loaded_by(*words: str) -> set[str]:
    """Return the modules that a command line loads."""
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "console", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}


def test_telling_the_version_loads_nothing_of_this_program() -> None:
    ours = {name for name in loaded_by("--version") if name.split(".")[0] == "console"}
    assert ours <= {"console", "console.__main__"}
    assert not {"argparse", "msgspec", "asyncio", "sqlite3", "yaml", "rich", "textual"} & loaded_by("--version")


def test_listing_the_verbs_imports_none_of_them() -> None:
    loaded = loaded_by("--help")
    assert not {entry.module for entry in verbs.listed().values()} & loaded
    assert not {"asyncio", "sqlite3", "yaml", "rich", "textual"} & loaded


@pytest.mark.parametrize("verb", sorted(set(LISTED) - {"demo", "run"}))
def test_the_help_of_a_verb_draws_no_screen_and_opens_no_database(verb: str) -> None:
    assert not {"sqlite3", "rich", "textual", "console.engine", "console.databases"} & loaded_by(verb, "--help")


def test_the_version_is_that_of_the_package() -> None:
    assert console.__version__.count(".") == 2
