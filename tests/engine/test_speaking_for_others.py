"""Signatures that a file of answers gives for others: who gave them stands beside them."""

from pathlib import Path

import pytest

from tests.engine.rig import Rig

SIGNED = """
runbook: signed
title: One signature
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
people: {dba1: [dba]}
phases:
  - id: only
    title: Only
    steps:
      - {id: go, sign_off: Go, roles: [dba]}
"""


@pytest.mark.parametrize(("note", "kept"), [("", "given by"), (", note: all well", "all well (given by")])
async def test_a_signature_given_for_somebody_else_names_who_gave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str, kept: str
) -> None:
    (tmp_path / "main.db").touch()
    monkeypatch.setenv("RUNBOOK_TEST_DATABASE", f"sqlite://{tmp_path}/main.db")
    runbook, answers = tmp_path / "signed.yaml", tmp_path / "answers.yaml"
    runbook.write_text(SIGNED)
    answers.write_text(f"steps: {{go: {{sign_off: [{{role: dba, by: dba1{note}}}]}}}}")
    running = await Rig(tmp_path, runbook, answers=answers).engine()
    assert (await running.to_the_end()).status == 0
    (signature,) = running.state.steps["go"].signatures
    assert signature.account == "dba1"
    assert signature.note == f"{kept} {running.opened.account} from a file of answers" + (")" if note else "")
    await running.die()
