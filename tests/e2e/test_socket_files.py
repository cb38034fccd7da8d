"""What may lie where an engine's socket should be: whoever connects tells it from the engine's own."""

import shutil
import subprocess
import sys

import pytest

from tests.e2e.office import SPEAKER, Office

pytestmark = pytest.mark.e2e

NO_ANSWER, WAITING = 1, 6


@pytest.mark.parametrize("there", ["file", "folder", "nothing", "dead"])
def test_what_is_no_engines_socket_is_told_as_that(office: Office, there: str) -> None:
    operator = office.people.operator
    with office.engine_of(operator):
        pass
    path = office.run().socket
    if there != "dead":
        path.unlink()
    if there == "file":
        path.write_text("hello")
    elif there == "folder":
        path.mkdir()
    status, said = office.ask(operator, "note", *office.journal, "-m", "x")
    assert status == NO_ANSWER, said
    assert ("is no socket" in said) == (there in ("file", "folder")), said
    assert "runbook run" in said
    assert office.ask(operator, "status", *office.journal)[0] == WAITING
    if there == "folder":
        status, said = office.ask(operator, "engine", *office.journal, str(office.runbook))
        assert status == NO_ANSWER
        assert "cannot open the socket" in said
        return
    with office.engine_of(operator):
        assert office.ask(operator, "note", *office.journal, "-m", "x")[0] == 0


def test_a_socket_that_somebody_else_planted_is_told_from_the_engines(office: Office) -> None:
    people = office.people
    with office.engine_of(people.operator, "--group", people.group):
        pass
    folder = office.run().folder
    folder.chmod(0o2770)  # as an operator may do by hand, and should not
    (folder / "engine.sock").unlink()
    words = people.colleague.words(
        sys.executable, "-P", "-S", "-E", str(SPEAKER), str(folder / "engine.sock"), "listen"
    )
    planted = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert planted.stdout is not None
        assert planted.stdout.readline() == "listening\n"
        for verb in (("note", "-m", "a secret remark"), ("sign",), ("pause",)):
            status, said = office.ask(people.operator, *verb, *office.journal)
            assert status != 0, said
        status, said = office.ask(people.operator, "note", "-m", "a secret remark", *office.journal)
        assert f"{people.colleague.name} answers there, and the journal is {people.operator.name}'s" in said
    finally:
        planted.terminate()
        heard = planted.communicate()[0]
    assert "secret" not in heard
    shutil.rmtree(folder)
