"""Whatever happens, the program ends in one line and a status, never in a traceback."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import console
from tests.source import ROOT

RAISING = """
import sys
from console.cli import command_line
from console.core import errors

def execute(words):
    password = "hunter2"
    raise {error}

command_line.execute = execute
from console.__main__ import main
main()
"""


def run(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def raising(error: str, *, state: Path) -> subprocess.CompletedProcess[str]:
    return run("-c", RAISING.format(error=error), state=state)


def test_the_version_is_told(tmp_path: Path) -> None:
    answer = run("-m", "console", "--version", state=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, f"runbook {console.__version__}\n")


def test_without_a_verb_the_verbs_are_listed_and_the_arguments_are_wrong(tmp_path: Path) -> None:
    answer = run("-m", "console", state=tmp_path)
    assert answer.returncode == 2
    assert "verbs:" in answer.stderr


def test_an_unknown_verb_is_told_the_nearest_right_one(tmp_path: Path) -> None:
    answer = run("-m", "console", "verfy", state=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == "runbook: there is no verb 'verfy' — did you mean verify?\n"


def test_an_error_is_one_line_with_its_way_out_and_its_status(tmp_path: Path) -> None:
    answer = raising("errors.Unreachable('no such file', remedy='check the path')", state=tmp_path)
    assert answer.returncode == 4
    assert answer.stderr == "runbook: no such file — check the path\n"


def test_what_an_error_quotes_cannot_steer_the_terminal(tmp_path: Path) -> None:
    answer = raising(r"errors.DatabaseError('no \x1b[2J\x9b1m\x00 table')", state=tmp_path)
    assert answer.returncode == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", answer.stderr)


def test_ctrl_c_is_quiet_and_ends_in_130(tmp_path: Path) -> None:
    answer = raising("KeyboardInterrupt", state=tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", "")


def test_a_reader_that_went_away_is_no_error() -> None:
    many = RAISING.format(error="SystemExit").replace('password = "hunter2"', "print('x' * 1_000_000)")
    command = [sys.executable, "-c", many]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_a_full_disk_under_the_output_is_told_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "console", "--help"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert answer.returncode == 1
    assert answer.stderr == "runbook: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("error", ["ZeroDivisionError('by zero')", "RecursionError()", "MemoryError()"])
def test_our_bug_says_so_and_keeps_a_file_without_any_value(error: str, tmp_path: Path) -> None:
    answer = raising(error, state=tmp_path)
    assert answer.returncode == 70
    assert "our bug" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stderr.count("\n") == 1
    (crash,) = (tmp_path / "runbook").iterdir()
    assert str(crash) in answer.stderr
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600
    assert error.partition("(")[0] in crash.read_text()
    assert "hunter2" not in crash.read_text()


def test_our_bug_is_told_even_when_no_file_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "runbook").write_text("in the way")
    answer = raising("ZeroDivisionError('by zero')", state=tmp_path)
    assert answer.returncode == 70
    assert "our bug" in answer.stderr


NAMELESS = """
import os, pwd, sys
os.environ.pop("HOME", None)
os.environ.pop("XDG_STATE_HOME", None)
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
sys.argv = ["runbook", "runs"]
from console.__main__ import main
main()
"""


def test_an_account_without_a_home_is_told_where_else_runs_may_be(tmp_path: Path) -> None:
    answer = run("-c", NAMELESS, state=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith("runbook: no account has the home folder ~ — set HOME or XDG_STATE_HOME")


def test_our_bug_is_told_where_there_is_no_home_for_a_file_about_it(tmp_path: Path) -> None:
    failing = "from console.cli import runs\ndef fail(arguments): raise ZeroDivisionError\nruns.execute = fail\n"
    answer = run("-c", failing + NAMELESS, state=tmp_path)
    assert answer.returncode == 70
    assert answer.stderr.startswith("runbook: this is our bug, not yours. Please report it. ")


def test_a_current_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os\nos.chdir({str(gone)!r})\nos.rmdir({str(gone)!r})\n"
    call = "import sys\nsys.argv = ['runbook', 'runs', '--journal', 'here']\nfrom console.__main__ import main\nmain()"
    answer = run("-c", script + call, state=tmp_path)
    told = "runbook: the folder that you are in is gone — change to another one, and try again\n"
    assert (answer.returncode, answer.stderr) == (2, told)


def test_names_that_are_no_utf_8_are_spelled_out_in_json(tmp_path: Path) -> None:
    (tmp_path / "runbook" / "runs" / os.fsdecode(b"small-\xff")).mkdir(parents=True)
    answer = run("-m", "console", "runs", "--json", state=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)[0]["run"] == "small-\\udcff"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize(("word", "status"), [("--version", 0), ("--help", 0), ("runs", 0), ("bogus", 2)])
def test_a_stream_that_is_closed_changes_no_status(
    closed: tuple[int, ...], word: str, status: int, tmp_path: Path
) -> None:
    closing = f"import os\nfor each in {closed}: os.close(each)\n"
    # Closed before Python begins, as a shell does it with >&-.
    call = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'console', {word!r}])"
    answer = run("-c", closing + call, state=tmp_path)
    assert answer.returncode == status
    assert "Traceback" not in answer.stderr
    assert "our bug" not in answer.stderr


def test_a_file_never_gets_the_number_of_a_stream_that_is_closed() -> None:
    script = "import os, sys\nfrom console import __main__\n__main__._have_all_streams()\n"
    script += "fd = os.open('/dev/null', os.O_RDONLY)\nsys.exit(0 if fd > 2 else 1)"
    closing = "import os\nfor each in (0, 1, 2): os.close(each)\n"
    call = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-c', {script!r}])"
    answer = subprocess.run([sys.executable, "-c", closing + call], cwd=ROOT, timeout=30, check=False)
    assert answer.returncode == 0


def test_a_version_that_finds_no_room_is_told_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "console", "--version"]
        answer = subprocess.run(
            command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False
        )
    told = "runbook: the output cannot be written: No space left on device\n"
    assert (answer.returncode, answer.stderr) == (1, told)
