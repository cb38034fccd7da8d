"""Amending, approving and waiving from the shell: shown before it is sent, decided by the engine."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core import changed as ch
from console.core import commands as c
from console.core.decide import Decision
from console.storage.amended import amended, amended_by
from tests.cli.kept import Shell, keep, me
from tests.cli.test_asking import ask
from tests.core.build import Story
from tests.views.changed import AMENDED, BEGUN, REASON, proposed, signed
from tests.views.evening import OP, Evening

YAML = """
runbook: small
title: A small change
engine: sqlite
risk: low
databases: {main: env:DATABASE}
people: {PEOPLE}
phases:
  - id: one
    title: One
    steps:
      - {id: told, manual: Tell them}
      - {id: add, title: Add it, sql: "ALTER TABLE t ADD COLUMN c INT", undo: "ALTER TABLE t DROP COLUMN c"}
"""


def written(folder: Path, text: str) -> str:
    file = folder / "changed.yaml"
    file.write_text(text.replace("PEOPLE", f"{me()}: [operator], other: [reviewer]"), encoding="utf-8")
    return str(file)


class Reading(Story):
    """A story whose amendments are read as the engine reads them."""

    def ask(self, command: c.AnyCommand | c.AmendTo, by: str = OP) -> Decision:
        """Read the text of an amendment before it is decided on."""
        if isinstance(command, c.Amend):
            command = amended(command, "staging")
        return super().ask(command, by)


def small(folder: Path) -> Reading:
    """Tell the beginning of a run that whoever runs the tests drives."""
    runbook = amended_by(Path(written(folder, YAML)), reason="", environment="staging").runbook
    told = Reading.__new__(Reading)
    started = Story(*runbook.phases)
    told.now, told.epoch, told.records = started.now, 0, []
    told.tell(replace(started.state.started, runbook=runbook), by=me())
    told.crash()
    return told


async def test_without_a_reason_the_difference_is_only_shown(shell: Shell, tmp_path: Path) -> None:
    told = small(tmp_path)
    keep(told, shell.runs / "open-1")
    assert shell("amend", written(tmp_path, YAML.replace("c INT", "c TEXT"))) == 0
    assert "~ changed  step “Add it” (add) in One\n    sql\n-     ALTER TABLE t ADD COLUMN c INT\n" in shell.out
    assert "approved by  reviewer" in shell.out
    assert shell.out.endswith("only shown; --reason TEXT puts it up for approval\n")


async def test_with_a_reason_it_is_put_up_exactly_as_it_was_read(shell: Shell, tmp_path: Path) -> None:
    told = small(tmp_path)
    file = written(tmp_path, YAML.replace("c INT", "c TEXT"))
    assert await ask(shell, told, "amend", file, "--reason", "text it is") == 0
    assert "put up; it waits for reviewer" in shell.out
    assert told.state.amendment is not None
    assert (told.state.amendment.by, told.state.amendment.proposed.reason) == (me(), "text it is")
    assert "ADD COLUMN c TEXT" in told.state.amendment.proposed.source


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (("c INT", "c INT"), 3, "it says what the run's runbook says already"),
        (("engine: sqlite", "engine: sqlight"), 2, "changed.yaml:4:9"),
        (("risk: low", "risk: high"), 3, "risk: cannot be amended"),
        (("id: add", "idd: add"), 2, "did you mean id?"),
    ],
)
def test_what_is_wrong_or_in_its_way_is_told(
    shell: Shell, tmp_path: Path, change: tuple[str, str], status: int, said: str
) -> None:
    keep(small(tmp_path), shell.runs / "open-1")
    assert shell("amend", written(tmp_path, YAML.replace(*change)), "--reason", "x") == status
    assert said in shell.err


def test_a_file_that_is_not_there_is_told_with_its_name(shell: Shell, tmp_path: Path) -> None:
    keep(small(tmp_path), shell.runs / "open-1")
    assert shell("amend", str(tmp_path / "none.yaml")) == 2
    assert "none.yaml" in shell.err


def theirs() -> Evening:
    """Tell a run in which an amendment waits, and in which whoever runs the tests is a DBA."""
    people = {**BEGUN.people, me(): ("dba",)}
    told = signed(replace(BEGUN, people=people))
    command = replace(proposed_command(), runbook=replace(AMENDED, people=people))
    told.do(command, by=OP)
    return told


def proposed_command() -> c.AmendTo:
    waiting = proposed().state.amendment
    assert waiting is not None
    fields = {name: getattr(waiting.proposed, name) for name in c.AmendTo.__struct_fields__}
    return c.AmendTo(**fields)


def test_an_amendment_that_waits_is_shown_without_a_role(shell: Shell) -> None:
    keep(theirs(), shell.runs / "open-1")
    assert shell("approve") == 6
    assert "+ added  step “A look at the logs” (extra) in EXPAND" in shell.out
    assert f"reason   {REASON}" in shell.out
    assert "lapses  signature of Ready to change production: dba1 as dba, lead1 as tech-lead" in shell.out
    assert shell("status") == 6
    assert "asks         amendment by op1 waits for: tech-lead, dba" in shell.out


async def test_an_approval_is_of_what_was_shown(shell: Shell) -> None:
    told = theirs()
    assert await ask(shell, told, "approve", "--role", "dba", "--note", "read") == 0
    assert told.records[-1].event == ch.AmendmentApproved(role="dba", source_digest="first", note="read")
    assert shell.out.endswith(f"{me()} approved it as dba (record {len(told.records)})\n")
    assert await ask(shell, told, "approve", "--role", "dba") == 3
    assert f"{me()} has approved it already" in shell.err


async def test_another_amendment_than_the_one_shown_is_not_approved(shell: Shell) -> None:
    shown, now = theirs(), theirs()
    now.do(replace(proposed_command(), runbook=now_amended(now), source_digest="other", reason="better"), by=OP)
    keep(shown, shell.runs / "open-1")
    assert await ask(shell, now, "approve", "--role", "dba") == 3
    assert "another amendment waits now than the one that was read" in shell.err


def now_amended(told: Evening) -> object:
    assert told.state.amendment is not None
    return replace(told.state.amendment.proposed.runbook, why="another reason")


def test_without_an_amendment_there_is_nothing_to_approve(shell: Shell) -> None:
    keep(Evening(), shell.runs / "open-1")
    assert shell("approve") == 3
    assert "no amendment waits for approval" in shell.err


async def test_the_driver_withdraws_what_waits(shell: Shell, tmp_path: Path) -> None:
    told = small(tmp_path)
    assert await ask(shell, told, "withdraw") == 3
    file = written(tmp_path, YAML.replace("c INT", "c TEXT"))
    assert await ask(shell, told, "amend", file, "--reason", "x") == 0
    assert await ask(shell, told, "withdraw", "--reason", "never mind") == 0
    assert told.state.amendment is None


async def test_one_asks_for_a_waiver_and_another_agrees(shell: Shell, tmp_path: Path) -> None:
    told = small(tmp_path)
    assert await ask(shell, told, "waive", "--step", "told", "--reason", "they know") == 0
    assert "asked to waive told; another person agrees with `runbook waive --step told`" in shell.out
    assert await ask(shell, told, "waive", "--step", "told") == 3
    assert "a waiver needs a reason" in shell.err


def test_whoever_agrees_to_a_waiver_is_told_who_asks_and_why(shell: Shell) -> None:
    other = theirs()
    other.do(c.Waive(step="add_column", reason="it is there"), by=OP)
    keep(other, shell.runs / "open-1")
    assert shell("waive") == 1  # no engine answers here
    assert shell.out == "op1 asks to waive “Add users.org_id”: it is there\n"


def test_which_waiver_is_meant_has_to_be_clear(shell: Shell, tmp_path: Path) -> None:
    keep(small(tmp_path), shell.runs / "open-1")
    assert shell("waive", "--reason", "x") == 2
    assert "nobody asks for a waiver in this run — name the step to pass with --step" in shell.err
