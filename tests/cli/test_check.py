"""`runbook check` tells everything that is wrong, for people, programs and GitHub."""

import os
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


NAMES = [
    *(b"bad\xff.yaml", b"two\nlines.yaml", b"esc\x1b[2J.yaml", b"a:1:2: b.yaml", b"100%,:.yaml", b"::error::x.yaml"),
    *("\u202erebmun.yaml".encode(), b"--", b" ", b"[red].yaml"),
]


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_told_of_in_its_lines(shell: Shell, tmp_path: Path, name: bytes, form: str) -> None:
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118 - bytes
    path.write_text(WRONG)
    assert shell("check", "--format", form, "--", str(path), str(RUNBOOKS[0])) == 2
    assert not set(shell.out) & {"\x1b", "\u202e", "\r"}
    if form == "json":
        assert (4, 7) in {(each["line"], each["column"]) for each in json.decode(shell.out)}
    elif form == "github":
        assert all(line.startswith("::error file=") for line in shell.out.splitlines())
        assert ",line=4,col=7::risk: 'hihg' is not" in shell.out
    else:
        assert any(":4:7: risk: 'hihg' is not" in line for line in shell.out.splitlines())
        assert shell.out.endswith("1 of 2 sound\n")


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.parametrize("name", ["fifo", "folder", "itself", "gone", "below/a/file", "x" * 300, "-"])
def test_what_cannot_be_read_is_a_problem_like_others(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    Path("folder").mkdir()
    Path("itself").symlink_to("itself")
    Path("below").touch()
    assert shell("check", name, str(RUNBOOKS[0]), "--format", form) == 2
    assert name[:20] in shell.out
    assert "name a file that you can read" in shell.out or "write the document to a file and name that" in shell.out
    assert shell.err == ""


def test_a_dash_names_a_file(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell("check", "-") == 2
    assert "- names a file here, not the standard input; write the document to a file and name that" in shell.out
    Path("-").write_bytes(RUNBOOKS[0].read_bytes())
    assert shell("check", "-") == 0
    assert shell.out.startswith("-: sound, plan_digest ")


def test_an_environment_that_one_of_several_does_not_know_is_its_problem(shell: Shell, tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_bytes((ROOT / "tests" / "storage" / "sound.yaml").read_bytes())
    assert shell("check", "--env", "production", str(known), str(RUNBOOKS[0])) == 0
    assert shell("check", "--env", "produktion", str(known), str(RUNBOOKS[0])) == 2
    assert shell.out.splitlines()[0] == f"{known}: {known} knows no environment produktion — did you mean production?"


def test_a_password_is_in_no_form_of_what_is_told(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(WRONG.replace("env:DB", "postgresql://app:hunter2@db1/app"))
    for form in ("text", "json", "github"):
        assert shell("check", str(path), "--format", form) == 2
        assert "holds a password" in shell.out
        assert "hunter2" not in shell.out + shell.err


def test_arguments_that_are_wrong_are_an_error_of_their_own(shell: Shell) -> None:
    assert shell("check") == 2
    assert shell("check", str(RUNBOOKS[0]), "--format", "xml") == 2
    assert "invalid choice: 'xml'" in shell.err
