"""What the shell says of runs: from their journals alone."""

import re
import stat
from pathlib import Path

import pytest
from msgspec import json

from console.core import commands as c
from console.core import events as e
from tests.cli.kept import Shell, keep
from tests.views.evening import DBA, OP, Evening, before_the_point, whole


def test_without_any_run_it_says_how_to_start_one(shell: Shell) -> None:
    assert shell("status") == 2
    assert shell.err == f"runbook: there is no run in {shell.runs} — start one with `runbook run FILE`\n"
    assert shell("runs") == 0
    assert shell.out == f"no run in {shell.runs}\n"


def test_the_only_open_run_is_meant_when_none_is_named(shell: Shell) -> None:
    keep(before_the_point(), shell.runs / "open-1")
    keep(whole(), shell.runs / "ended-1")
    assert shell("status", "--json") == 6
    assert json.decode(shell.out)["done"] == 7


def test_of_several_open_runs_none_is_assumed(shell: Shell) -> None:
    for name in ("one-1", "two-1"):
        keep(Evening(), shell.runs / name)
    for verb in ("status", "report", "replay", "verify", "pause"):
        assert shell(verb) == 2
        assert re.search(r"2 runs are open — say which: (one-1, two-1|two-1, one-1)\n$", shell.err)


def test_without_an_open_run_the_ended_ones_are_named(shell: Shell) -> None:
    for name in ("ended-1", "ended-2"):
        keep(whole(), shell.runs / name)
    assert shell("report") == 2
    assert shell.err.startswith("runbook: no run is open — say which one: ended-")


def test_the_only_run_there_is_is_meant_also_when_it_has_ended(shell: Shell) -> None:
    keep(whole(), shell.runs / "ended-1")
    assert shell("verify") == 0
    assert "ended-1: sealed" in shell.out


def test_many_candidates_are_not_all_named(shell: Shell) -> None:
    for number in range(8):
        keep(Evening(), shell.runs / f"run-{number}")
    assert shell("status") == 2
    assert "and 3 more, see `runbook runs`" in shell.err


def test_runs_are_found_below_another_folder(shell: Shell, tmp_path: Path) -> None:
    keep(whole(), tmp_path / "kept" / "ended-1")
    assert shell("verify", "ended-1", "--journal", str(tmp_path / "kept")) == 0
    assert shell("runs", "--journal", str(tmp_path / "kept")) == 0
    assert "ended-1" in shell.out


def test_runs_are_listed_with_those_that_cannot_be_read(shell: Shell) -> None:
    keep(whole(), shell.runs / "ended-1")
    (shell.runs / "broken-1").mkdir()
    (shell.runs / "broken-1" / "journal.jsonl").write_bytes(b"\x00\xff\n")
    assert shell("runs") == 0
    header, ended, broken = shell.out.splitlines()
    assert header.split() == ["run", "state", "steps", "environment", "started", "title"]
    assert ended.split(maxsplit=6)[:4] == ["ended-1", "finished", "9/9", "production"]
    assert broken.split()[:2] == ["broken-1", "unreadable"]
    assert shell("runs", "--json") == 0
    assert [each["state"] for each in json.decode(shell.out)] == ["finished", "unreadable"]


def test_a_status_says_where_the_run_stands_in_words_and_in_its_exit_status(shell: Shell) -> None:
    keep(whole(), shell.runs / "ended-1")
    assert shell("status", "ended-1") == 0
    assert "state        ✔ finished" in shell.out
    aborted = Evening()
    aborted.do(c.Abort(reason="the window is over"), by=OP)
    keep(aborted, shell.runs / "aborted-1")
    assert shell("status", "aborted-1") == 1
    lost = Evening()
    lost.do(c.ConfirmStep(step="backup", value="x"), c.StartStep(step="users_rows"), by=OP)
    keep(lost, shell.runs / "lost-1")
    assert shell("status", "lost-1") == 5
    assert "its engine is gone" in shell.out


def test_the_line_for_tmux_is_one_line_that_tmux_does_not_interpret(shell: Shell) -> None:
    told = Evening()
    told.do(c.Pause(reason="#(rm -rf /) #[fg=red]\nsecond"), by=OP)
    keep(told, shell.runs / "open-1")
    assert shell("status", "--tmux") == 6
    assert shell.out == "◐ users-org-id PRODUCTION 0/9 paused: by op1: ##(rm -rf /) ##[fg=red] second\n"


def test_a_report_is_written_from_a_journal_anywhere(shell: Shell, tmp_path: Path) -> None:
    journal = keep(whole(), tmp_path / "elsewhere")
    assert shell("report", str(journal)) == 0
    assert shell.out.startswith("# Fill users.org_id and retire users.account_id\n")
    assert "Journal sealed" in shell.out
    assert shell("report", str(journal), "--format", "json", "-o", str(tmp_path / "report.json")) == 0
    assert shell.out == ""
    assert json.decode((tmp_path / "report.json").read_bytes())["run"] == "users-org-id-1"


def test_a_report_that_cannot_be_written_says_so(shell: Shell, tmp_path: Path) -> None:
    journal = keep(whole(), tmp_path / "elsewhere")
    assert shell("report", str(journal), "-o", str(tmp_path / "no" / "such")) == 2
    assert shell.err.endswith("No such file or directory — name another file with -o\n")


def flipped(journal: Path) -> int:
    """Change one letter in the middle of a journal; return the number of its record."""
    content = bytearray(journal.read_bytes())
    place = content.index(b"wrong type chosen")
    content[place] ^= 1
    journal.write_bytes(content)
    return content[:place].count(b"\n") + 1


def test_a_changed_journal_is_broken_and_the_report_ends_before_it(shell: Shell, tmp_path: Path) -> None:
    journal = keep(whole(), tmp_path / "elsewhere")
    assert shell("verify", str(journal)) == 0
    assert shell.out.startswith(f"elsewhere: sealed: all {len(whole().records)} records are as they were written; ")
    number = flipped(journal)
    assert shell("verify", str(journal)) == 1
    assert shell.out.startswith(f"elsewhere: broken: record {number} was changed")
    assert shell("report", str(journal)) == 1
    assert f"Journal BROKEN — record {number} was changed" in shell.out
    assert "wrong type" not in shell.out
    assert shell("replay", str(journal), "--text") == 1
    assert len(shell.out.splitlines()) == number - 1
    assert f"line {number}" in shell.err


def test_every_journal_is_verified_even_behind_a_broken_one(shell: Shell, tmp_path: Path) -> None:
    first, second = (keep(whole(), tmp_path / name) for name in ("one", "two"))
    flipped(first)
    assert shell("verify", str(first), str(second)) == 1
    assert [line.split(":")[1].strip() for line in shell.out.splitlines()] == ["broken", "sealed"]


def test_an_unsealed_journal_says_what_cannot_be_known(shell: Shell) -> None:
    keep(before_the_point(), shell.runs / "open-1")
    assert shell("verify") == 0
    assert "a dropped end of an unsealed file cannot be known" in shell.out


def test_a_journal_that_is_not_there_or_empty_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for verb in ("report", "replay", "verify", "status"):
        assert shell(verb, str(tmp_path / "missing")) == 2
        assert "there is no run" in shell.err
        assert shell(verb, str(tmp_path / "empty")) in (1, 2)
        assert "Traceback" not in shell.err


def test_a_replay_in_text_has_every_record(shell: Shell) -> None:
    story = whole()
    keep(story, shell.runs / "ended-1")
    assert shell("replay", "ended-1", "--text") == 0
    lines = shell.out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(story.records) + 1))
    assert lines[8].endswith(f"{DBA}        signed Ready to change production as dba: pager quiet")


@pytest.mark.parametrize(
    "forged",
    [
        e.StepSucceeded(step="no_such"),
        e.PhaseEntered(phase="no_such"),
        e.GateAsked(phase="contract", step="no_such", passed=True, actual=""),
    ],
)
def test_a_forged_journal_whose_chain_holds_is_told_in_a_line(shell: Shell, forged: e.AnyEvent) -> None:
    told = Evening()
    told.records.append(e.Record(seq=3, at=told.now, by=OP, event=forged))
    keep(told, shell.runs / "forged-1")
    for words in (["status"], ["report"], ["replay", "--text"]):
        assert shell(words[0], "forged-1", *words[1:]) == 1
        assert shell.err.startswith("runbook: ")
        assert "no_such" in shell.err
    assert shell("runs") == 0
    assert "unreadable" in shell.out


@pytest.mark.parametrize("verb", ["replay", "watch"])
def test_a_screen_without_a_terminal_is_refused_with_the_way_out(shell: Shell, verb: str) -> None:
    keep(Evening(), shell.runs / "open-1")
    assert shell(verb) == 2
    assert "there is no terminal to draw on — " in shell.err


def test_hostile_text_of_a_journal_steers_no_terminal(shell: Shell) -> None:
    told = Evening()
    told.do(c.Pause(reason="\x1b[2J\x9b1m\x00\u202e"), c.AddNote(text="\x1b]0;x\x07"), by=OP)
    keep(told, shell.runs / "open-1")
    for words in (["status"], ["status", "--json"], ["status", "--tmux"], ["replay", "--text"], ["report"], ["runs"]):
        shell(*words)
        assert shell.out
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shell.out + shell.err)


def test_nothing_that_reads_changes_a_journal(shell: Shell) -> None:
    journal = keep(before_the_point(), shell.runs / "open-1")
    journal.chmod(0o400)
    before = (journal.read_bytes(), {each.name for each in journal.parent.iterdir()})
    for words in (["status"], ["report"], ["replay", "--text"], ["verify"], ["runs"]):
        shell(*words)
    assert (journal.read_bytes(), {each.name for each in journal.parent.iterdir()}) == before
    assert stat.S_IMODE(journal.stat().st_mode) == 0o400
