"""A command is run to its end, and what it did is told by its exit status and by the ledger."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core.errors import CheckFailed, GateError, Interrupted, RunbookError, WrongTarget
from console.core.observations import Measured
from console.steps.shell import attempt as attempts
from tests.steps.commands import alive, lines, python, script, shell, under_way
from tests.steps.site import Item, Site


def expected_output(items: list[Item]) -> Measured:
    """Return what was measured of the output; the exit status comes before it."""
    _, found, *_ = items
    assert isinstance(found, Measured)
    return found


async def test_it_says_what_the_command_says_and_how_it_ended(site: Site) -> None:
    *measured, summary = await site.run(script("echo one; echo two >&2"))
    assert lines(site) == ["one", "two"]
    assert [
        (each.check, each.expected, each.actual, each.passed) for each in measured if isinstance(each, Measured)
    ] == [("exit status", "0", "0", True)]
    assert re.fullmatch(r"exit status 0 after [0-9.]+ s", str(summary))


async def test_the_ledger_says_that_it_happened_and_it_does_not_happen_twice(site: Site, tmp_path: Path) -> None:
    step = script(f"echo x >> {tmp_path}/made", undo=f"rm {tmp_path}/made")
    await site.run(step)
    assert site.ask("SELECT step, applied_at IS NOT NULL FROM runbook_ledger") == [("it", 1)]
    assert await site.run(step) == ["it had happened before"]
    assert (tmp_path / "made").read_text() == "x\n"
    assert (await site.settle(step)).happened == "yes"


async def test_a_status_that_is_not_expected_fails_and_may_have_done_part_of_it(site: Site) -> None:
    step = script("echo begun; exit 3", undo="true")
    with pytest.raises(CheckFailed, match="exit status 3 instead of 0"):
        await site.run(step)
    settled = await site.settle(step)
    assert (settled.happened, settled.evidence.partition(",")[0]) == ("partly", "exit status 3 instead of 0")
    assert site.ask("SELECT applied_at FROM runbook_ledger") == [(None,)]


async def test_another_status_can_be_expected(site: Site) -> None:
    assert str((await site.run(script("exit 3", expect={"status": 3})))[-1]).startswith("exit status 3 after")


async def test_the_first_command_of_a_script_that_fails_ends_it(site: Site) -> None:
    with pytest.raises(CheckFailed, match="exit status 1"):
        await site.run(script("false\necho not here"))
    with pytest.raises(CheckFailed, match="exit status 2"):
        await site.run(script("echo $NOT_SET_ANYWHERE"))
    assert "not here" not in lines(site)


async def test_a_line_of_the_output_can_be_expected(site: Site) -> None:
    assert expected_output(await site.run(script("echo 7 rows", expect={"output": "^[0-9]+ rows$"}))).passed
    step = script("echo no rows", id="other", expect={"output": "^[0-9]+ rows$"})
    with pytest.raises(CheckFailed, match=r"exit status 0 after .*, but no line matches \^\[0-9\]\+ rows\$"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"


async def test_what_is_expected_is_found_beyond_the_lines_that_are_told(site: Site) -> None:
    text = "for i in range(5000): print('wanted' if i == 2500 else i)"
    assert expected_output(await site.run(python(text, expect={"output": "^wanted$"}))).passed
    assert "wanted" not in lines(site)


async def test_a_program_that_is_not_there_was_not_started(site: Site) -> None:
    step = shell("no-such-program", "--now", undo="true")
    with pytest.raises(RunbookError, match="could not be started: No such file or directory: no-such-program"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"
    assert await site.undo(step) == ["nothing had happened"]


async def test_a_folder_that_is_not_there_is_named(site: Site) -> None:
    step = shell("true", folder="/no/such/folder")
    with pytest.raises(RunbookError, match="cannot start in /no/such/folder: No such file or directory"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"


async def test_it_is_given_what_is_named_and_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C")
    for name in ("APP_PLAIN", "APP_HIDDEN", "APP_OTHER"):
        monkeypatch.setenv(name, f"value of {name}")
    step = shell("env", env=("APP_PLAIN",), secrets={"TOKEN": "env:APP_HIDDEN"})
    await site.run(step)
    given = dict(line.split("=", 1) for line in lines(site))
    assert given.keys() <= {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "TERM", "NO_COLOR"} | {
        "APP_PLAIN",
        "TOKEN",
        "LC_CTYPE",
    }
    assert (given["APP_PLAIN"], given["TERM"], given["TOKEN"]) == ("value of APP_PLAIN", "dumb", "•••")


async def test_a_variable_that_is_not_set_is_told_before_anything_is_started(site: Site) -> None:
    step = shell("true", secrets={"PGPASSWORD": "env:NOT_SET_ANYWHERE"})
    with pytest.raises(RunbookError, match="NOT_SET_ANYWHERE is not set — export NOT_SET_ANYWHERE=VALUE; an engine"):
        await site.run(step)
    assert (await site.settle(step)).happened == "no"


async def test_a_secret_that_is_cut_off_with_its_line_is_not_told_in_part(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_HIDDEN", "Bearer abcdefghijklmnop")
    await site.run(script('printf "%390s%s\\n" "" "${TOKEN#Bearer }"', secrets={"TOKEN": "env:APP_HIDDEN"}))
    assert lines(site) == [" " * 390 + "•••"]


async def test_it_reads_no_input_and_has_no_terminal(site: Site) -> None:
    await site.run(
        python("import os, sys; print(repr(sys.stdin.read())); print(os.isatty(0), os.getsid(0) == os.getpid())")
    )
    assert lines(site) == ["''", "False True"]


async def test_a_flood_is_bounded_and_its_end_is_told(site: Site) -> None:
    await site.run(python("for i in range(200_000): print(i, 'x' * 20)"))
    told = lines(site)
    assert len(told) == 151
    assert told[0].startswith("0 xxx")
    assert re.fullmatch("… [0-9]+ lines left out …", told[100])
    assert told[-1].startswith("199999 xxx")
    assert not list((site.folder or Path()).glob("commands/*/output"))


async def test_a_line_without_an_end_is_cut(site: Site) -> None:
    await site.run(python("import sys; sys.stdout.write('x' * 3_000_000)"))
    told = lines(site)
    assert all(len(each) < 450 for each in told)
    assert told[0].startswith("xxx")


async def test_bytes_and_control_sequences_become_text(site: Site) -> None:
    text = r"\x1b[31mred\x1b[0m \x1b]0;title\x07and\x1b]8;;http://x\x1b\\link \xff\x00\x9b2J\rover 10%\rover 100%\n"
    await site.run(python(f"import sys; sys.stdout.buffer.write(b'{text}' + b'\\x1b[2Jred\\x08\\x7f\\n')"))
    assert lines(site) == ["over 100%", "red��"]


async def test_it_is_ended_after_its_time_with_all_that_it_started(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "GRACE_SECONDS", 0.3)
    step = script(
        f"trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > {tmp_path}/pid; sleep 60' & wait; sleep 60", timeout="1s"
    )
    with pytest.raises(CheckFailed, match="ended because it took longer than 1s: SIGKILL"):
        await site.run(step)
    assert not alive(int((tmp_path / "pid").read_text()))


async def test_a_cancel_asks_the_command_first(site: Site, tmp_path: Path) -> None:
    asked = asyncio.Event()
    site.facts = replace(site.facts, cancelling=asked.is_set)
    step = script(f"trap 'echo tidied; exit 1' TERM; touch {tmp_path}/on; while true; do sleep 0.05; done", undo="true")
    task = await under_way(site, step, until_file=tmp_path / "on")
    asked.set()
    with pytest.raises(Interrupted, match=r"ended because it was cancelled, after .*: exit status 1"):
        await task
    assert lines(site)[-1] == "tidied"
    assert (await site.settle(step)).happened == "partly"


async def test_a_cancel_ends_what_does_not_heed_it(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "GRACE_SECONDS", 0.3)
    asked = asyncio.Event()
    site.facts = replace(site.facts, cancelling=asked.is_set)
    step = script(f"trap '' TERM; echo $$ > {tmp_path}/pid; touch {tmp_path}/on; while true; do sleep 60; done")
    task = await under_way(site, step, until_file=tmp_path / "on")
    asked.set()
    with pytest.raises(Interrupted, match="SIGKILL"):
        await task
    assert not alive(int((tmp_path / "pid").read_text()))


async def test_what_a_command_leaves_running_holds_nothing_up(site: Site, tmp_path: Path) -> None:
    await site.run(script(f"sleep 60 & echo $! > {tmp_path}/pid; echo done"))
    assert lines(site) == ["done"]
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_its_undo_is_a_command_as_well(site: Site, tmp_path: Path) -> None:
    made = tmp_path / "a file"
    step = shell("touch", str(made), undo=f"rm '{made}'")
    await site.run(step)
    assert made.exists()
    await site.undo(step)
    assert not made.exists()
    assert (await site.settle(step, "undo")).happened == "yes"
    assert site.ask("SELECT rolled_back_at IS NOT NULL FROM runbook_ledger") == [(1,)]


async def test_an_undo_that_failed_is_not_taken_for_done(site: Site) -> None:
    step = shell("true", undo="false")
    await site.run(step)
    with pytest.raises(CheckFailed, match="exit status 1 instead of 0"):
        await site.undo(step)
    assert (await site.settle(step, "undo")).happened == "partly"


async def test_what_failed_on_its_way_is_taken_back_and_what_never_began_is_not(site: Site, tmp_path: Path) -> None:
    step = script("exit 1", undo=f"touch {tmp_path}/undone")
    assert await site.undo(step) == ["nothing had happened"]
    with pytest.raises(CheckFailed):
        await site.run(step)
    await site.undo(step)
    assert (tmp_path / "undone").exists()


async def test_what_changes_nothing_or_is_restored_has_no_undo(site: Site) -> None:
    step = shell("true")
    await site.run(step)
    assert await site.undo(step) == ["nothing to undo: it changes nothing"]
    restored = shell("true", id="other", restore="The dump.")
    await site.run(restored)
    with pytest.raises(GateError, match="cannot be undone — restore: The dump"):
        await site.undo(restored)


async def test_an_engine_that_may_not_write_any_more_starts_no_command(site: Site, tmp_path: Path) -> None:
    await site.run(shell("true"))
    site.tell("DELETE FROM runbook_ledger")
    with pytest.raises(WrongTarget):
        await site.run(shell("touch", str(tmp_path / "made"), id="other"))
    assert not (tmp_path / "made").exists()
