"""Several accounts of one machine at a run: who may attach is the kernel's word, and so is who spoke."""

import stat
import subprocess

import pytest

from console.core.events import Noted, Paused, SignedOff
from tests.e2e.accounts import Account, login
from tests.e2e.office import Office
from tests.e2e.terminal import LARGE, Terminal, program, terminal

pytestmark = pytest.mark.e2e

WRONG, REFUSED, NO_ANSWER, WAITING = 2, 3, 1, 6


def open_in(screen: Terminal, office: Office, who: Account, *words: str) -> None:
    """Start the program in a terminal, in somebody's name."""
    screen.start(who.words(*program(*words)), folder=office.folder, environment=office.environment)


async def test_a_colleague_watches_signs_notes_and_pauses_and_it_is_theirs_in_the_journal(office: Office) -> None:
    operator, colleague = office.people.operator, office.people.colleague
    async with terminal(size=LARGE) as first, terminal(size=LARGE) as second:
        open_in(first, office, operator, "run", *office.journal, "--group", office.people.group, str(office.runbook))
        await first.wait_for("Approved")
        open_in(second, office, colleague, "watch", *office.journal)
        await second.wait_for("Approved", "watching")
        status, said = office.ask(colleague, "sign", *office.journal, "--note", "looks right")
        assert status == 0, said
        for screen in (first, second):
            await screen.wait_for("Enough rows")
        assert office.ask(colleague, "note", *office.journal, "-m", "from my own account")[0] == 0
        assert office.ask(colleague, "pause", *office.journal, "--reason", "the pager rings")[0] == 0
        for screen in (first, second):
            await screen.wait_for("the pager rings")
    by = {type(record.event): record.by for record in office.records()}
    assert (by[SignedOff], by[Noted], by[Paused]) == (colleague.name, colleague.name, colleague.name)
    assert office.state().driver == operator.name
    assert office.verdict().state != "broken"


@pytest.mark.parametrize("umask", [0, 0o027, 0o077])
def test_a_shared_run_is_open_to_its_group_and_to_nobody_else_whatever_the_umask(office: Office, umask: int) -> None:
    people = office.people
    with office.engine_of(people.operator, "--group", people.group, umask=umask):
        found = office.modes()
    assert found.pop("engine.log")[0] == "600"
    assert found == {
        ".": ("2750", people.gid),
        "journal.jsonl": ("640", people.gid),
        "lease": ("640", people.gid),
        "engine.sock": ("660", people.gid),
    }
    assert stat.S_IMODE(office.runs.stat().st_mode) == 0o2750


@pytest.mark.parametrize("umask", [0, 0o077])
def test_without_a_group_a_run_is_its_owners_alone_whatever_the_umask(office: Office, umask: int) -> None:
    with office.engine_of(office.people.operator, umask=umask):
        modes = {name: mode for name, (mode, _) in office.modes().items()}
        assert modes.pop(".") == "700"
        assert set(modes.values()) == {"600"}, modes
        status, said = office.ask(office.people.colleague, "note", *office.journal, "-m", "x")
        assert status == NO_ANSWER
        assert "cannot look into" in said


def test_a_run_that_was_shared_stays_so_when_it_is_gone_on_with_and_one_that_was_not_can_be_shared(
    office: Office,
) -> None:
    people = office.people
    group = ("--group", people.group)
    office.runs.mkdir(parents=True)
    for folder in (office.runs, office.runs.parent):
        office.give(people.operator, folder)
        folder.chmod(0o755)
    with office.engine_of(people.operator):
        status, said = office.ask(people.operator, "engine", *office.journal, *group, str(office.runbook))
        assert status == REFUSED
        assert "does not share it" in said
    with office.engine_of(people.operator, *group):
        assert office.modes()["journal.jsonl"] == ("640", people.gid)
    with office.engine_of(people.operator):
        assert office.modes()["engine.sock"] == ("660", people.gid)
        assert office.ask(people.colleague, "note", *office.journal, "-m", "still here")[0] == 0


def test_every_verb_that_reads_works_for_who_may_only_read(office: Office) -> None:
    people = office.people
    with office.engine_of(people.operator, "--group", people.group):
        before = office.modes()
        for words, status, text in (
            (("status",), WAITING, "Approved"),
            (("status", "--json"), WAITING, '"engine":true'),
            (("runs",), 0, "at work"),
            (("replay", "--text"), 0, "started the run"),
            (("report",), 0, "Triple every balance"),
            (("verify",), 0, "records"),
        ):
            got, said = office.ask(people.colleague, *words, *office.journal)
            assert (got, text in said.replace(" ", "") or text in said) == (status, True), said
        assert office.modes() == before


def test_nobody_speaks_in_anothers_name_or_role(office: Office) -> None:
    people = office.people
    operator, colleague = people.operator.name, people.colleague
    forged = {
        f'{{"command":"AddNote","text":"x","by":"{operator}"}}': "unknown field `by`",
        f'{{"command":"SignOff","step":"approved","role":"reviewer","account":"{operator}"}}': "unknown field",
        '{"command":"SignOff","step":"approved","role":"dba"}': "dba",
        '{"command":"SignOff","step":"approved","role":"operator"}': "operator",
        '{"command":"StartStep","step":"enough"}': f"{operator} drives this run, not {colleague.name}",
        '{"command":"Abort","reason":"x"}': "drives this run",
        '{"command":"StopEngine"}': "drives this run",
        '{"command":"UndoStep","step":"enough"}': "drives this run",
        f'{{"seq":3,"by":"{operator}","type":"Noted","text":"x"}}': "this is no command",
        f'{{"event":{{"type":"DriverChanged","driver":"{colleague.name}"}}}}': "this is no command",
    }
    with office.engine_of(people.operator, "--group", people.group):
        before = len(office.records())
        status, answers = office.says(colleague, *forged)
        assert (status, len(answers)) == (0, len(forged)), answers
        for line, answer in zip(forged, answers, strict=True):
            assert '"Refused"' in answer, (line, answer)
            assert forged[line] in answer, (line, answer)
        assert len(office.records()) == before


def test_the_drivers_seat_is_taken_by_name_and_on_the_record(office: Office) -> None:
    people = office.people
    with office.engine_of(people.operator, "--group", people.group):
        assert office.ask(people.colleague, "abort", *office.journal, "--reason", "x")[0] == REFUSED
        status, said = office.ask(people.colleague, "take-over", *office.journal, "--reason", "night shift")
        assert status == 0, said
        assert office.state().driver == people.colleague.name
        last = office.records()[-1]
        assert (type(last.event).__name__, last.by) == ("DriverChanged", people.colleague.name)


def test_who_is_not_in_the_group_cannot_even_connect_nor_read(office: Office) -> None:
    people = office.people
    with office.engine_of(people.operator, "--group", people.group):
        run = office.run()
        status, answers = office.says(people.stranger, '{"command":"AddNote","text":"x"}')
        assert status != 0
        assert "PermissionError" in "".join(answers)
        for words in (("watch", "--help"), ("runs",), ("note", "-m", "x"), ("status", run.id), ("verify", run.id)):
            status, said = office.ask(people.stranger, *words, *office.journal)
            assert (status != 0) == ("--help" not in words), said
        for path in (run.folder, run.journal, run.folder / "lease"):
            done = subprocess.run(people.stranger.words("cat", str(path)), capture_output=True, text=True, check=False)
            assert "Permission denied" in done.stderr


def test_an_account_without_a_name_is_told_by_its_number_and_engine_is_nobodys_name(office: Office) -> None:
    people = office.people
    with login("engine") as uid, office.engine_of(people.operator, "--group", people.group):
        in_the_group = Account(name="engine", uid=uid, gid=people.gid, view=people.operator.view)
        for who in (people.nameless, in_the_group):
            status, said = office.ask(who, "note", *office.journal, "-m", "it is me")
            assert status == 0, said
            assert office.records()[-1].by == f"uid {who.uid}"
        status, said = office.ask(people.nameless, "sign", *office.journal)
        assert status == 0, said
        assert office.records()[-1].by == people.nameless.name
        undo = '{"command":"UndoStep","step":"enough"}'
        assert "drives this run" in office.says(in_the_group, undo)[1][0]


def test_a_group_that_is_none_or_not_ones_own_is_refused_before_anything_begins(office: Office) -> None:
    people = office.people
    for group, text in ((f"{people.group}x", "did you mean"), ("root", "you are not in root")):
        words = ("run", "--headless", *office.journal, "--group", group, str(office.runbook))
        status, said = office.ask(people.operator, *words)
        assert status == WRONG, said
        assert text in said
    assert not office.runs.exists()


def test_a_folder_on_the_way_that_is_closed_to_the_group_is_named_before_anything_begins(office: Office) -> None:
    people = office.people
    home = office.folder / "home"
    home.mkdir(mode=0o700)
    office.give(people.operator, home)
    words = ("run", "--headless", "--journal", str(home / "runs"), "--group", people.group, str(office.runbook))
    status, said = office.ask(people.operator, *words)
    assert status == WRONG, said
    assert f"{home} is closed to the group {people.group}" in said
    assert "--journal DIR" in said
    assert list(home.iterdir()) == []
