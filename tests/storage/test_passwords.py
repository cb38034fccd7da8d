"""A literal password is refused wherever one can stand, and no message repeats it."""

from pathlib import Path

import pytest

from console.core.errors import InvalidDocument
from console.storage.answers import load_answers
from console.storage.runbook_file import load
from tests.statements.test_passwords import PLANTED

SOUND = Path(__file__).with_name("sound.yaml").read_text()

PLACES = [
    "title: A runbook in which everything is right",
    "env:APP_DATABASE",
    "ann: [reviewer",
    "criteria: {column_there",
    "ALTER TABLE users ADD COLUMN org_id TEXT",
    "undo: ALTER TABLE users DROP COLUMN org_id",
    "{column: users.org_id}",
    "\"'none'\"",
    "{unchanged: count_users}",
    "Look at the application",
    "its version",
    "Everything is as it should be",
    "users.old is gone",
    "72h",
    "[add_column]",
    "phases:",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", [PLANTED[0], PLANTED[7], PLANTED[13], PLANTED[20]])
def test_a_password_is_refused_in_every_place_and_never_repeated(tmp_path: Path, place: str, text: str) -> None:
    before, key = ("", "") if place.endswith("]") or ":" not in place else (place.partition(": ")[0], ": ")
    quoted = '"' + text.replace('"', "'") + '"'
    assert place in SOUND
    path = tmp_path / "planted.yaml"
    for new in (quoted, f"{before}{key}{quoted}", f"{place} # {text}", f"{{{quoted}: 1}}", f"[{quoted}, {quoted}]"):
        path.write_text(SOUND.replace(place, new, 1))
        with pytest.raises(InvalidDocument) as refused:
            load(path)
        assert "hunter2" not in str(refused.value)
        assert not any("hunter2" in str(each) for each in (refused.value.args, refused.value.__cause__))


def test_a_password_in_answers_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("note: ran PGPASSWORD=hunter2 psql\nsteps: {look: {value: 'postgresql://app:hunter2@db1'}}\n")
    with pytest.raises(InvalidDocument) as refused:
        load_answers(path)
    assert [each.removeprefix(f"{path}:")[:25] for each in refused.value.problems] == [
        "1:7: note: holds a passwo",
        "2:23: value: holds a pass",
    ]
    assert "hunter2" not in str(refused.value)


def test_a_comment_that_holds_one_is_refused_because_the_journal_keeps_the_file(tmp_path: Path) -> None:
    path = tmp_path / "commented.yaml"
    path.write_text(f"{SOUND}\n# to try it: postgresql://app:hunter2@db1/app\n")
    with pytest.raises(InvalidDocument) as refused:
        load(path)
    told = "the comment holds a password: take it out, the journal keeps the whole file"
    assert refused.value.problems == (f"{path}:{SOUND.count(chr(10)) + 2}:1: {told}",)
