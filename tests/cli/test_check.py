"""`runbook check` tells everything that is wrong, for people, programs and GitHub."""

from pathlib import Path

import pytest
from msgspec import json

from console.storage.runbook_file import load
from tests.cli.kept import Shell
from tests.source import ROOT

WRONG = "runbook: x\ntitle: T\nengine: sqlite\nrisk: hihg\ndatabases: {main: 'env:DB'}\nphasess: []\n"
RUNBOOKS = sorted((ROOT / "runbooks").glob("*.yaml"))


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong,100%.yaml"
    path.write_text(WRONG)
    return path


def test_the_runbooks_that_come_with_the_program_are_sound(shell: Shell) -> None:
    assert RUNBOOKS
    assert shell("check", *map(str, RUNBOOKS)) == 0
    *each, count = shell.out.splitlines()
    assert count == f"{len(RUNBOOKS)} of {len(RUNBOOKS)} sound"
    assert each == [f"{path}: sound, plan_digest {load(path).plan_digest}" for path in RUNBOOKS]


def test_every_problem_is_told_with_its_place(shell: Shell, wrong: Path) -> None:
    assert shell("check", str(wrong), str(RUNBOOKS[0])) == 2
    *told, sound, count = shell.out.splitlines()
    assert sound.startswith(f"{RUNBOOKS[0]}: sound")
    assert count == "1 of 2 sound"
    assert len(told) > 1
    assert any(line.startswith(f"{wrong}:4:7: ") and "hihg" in line for line in told)
    assert any(line.startswith(f"{wrong}:6:1: ") and "phases" in line for line in told)


def test_the_same_as_json(shell: Shell, wrong: Path) -> None:
    assert shell("check", str(wrong), "--format", "json") == 2
    found = json.decode(shell.out)
    assert {(each["line"], each["column"]) for each in found} >= {(4, 7), (6, 1)}
    assert {each["file"] for each in found} == {str(wrong)}
    assert shell("check", str(RUNBOOKS[0]), "--format", "json") == 0
    assert json.decode(shell.out) == []


def test_the_same_as_annotations_of_github(shell: Shell, wrong: Path) -> None:
    assert shell("check", str(wrong), "--format", "github") == 2
    file = str(wrong).replace("%", "%25").replace(",", "%2C")
    assert all(line.startswith(f"::error file={file}") for line in shell.out.splitlines())
    assert f"::error file={file},line=4,col=7::" in shell.out
    assert shell("check", str(RUNBOOKS[0]), "--format", "github") == 0
    assert shell.out == ""


def test_a_file_that_is_not_there_is_one_of_the_problems(shell: Shell, tmp_path: Path, wrong: Path) -> None:
    assert shell("check", str(tmp_path / "missing"), str(wrong)) == 2
    assert shell.out.splitlines()[0].startswith(f"{tmp_path / 'missing'}: cannot read ")
    assert "hihg" in shell.out


def test_hostile_text_of_a_file_steers_no_terminal(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text('runbook: "\\e[2J\\u009b1m"\n"\\e]0;x\\a": 1\n')
    for form in ("text", "json", "github"):
        assert shell("check", str(path), "--format", form) == 2
        assert not set(shell.out + shell.err) & {"\x1b", "\x9b", "\x07"}
