from pathlib import Path

import pytest

from console.core.errors import InvalidDocument, RunbookError
from console.storage.runbook_file import Loaded, load

SOUND = Path(__file__).with_name("sound.yaml")
RUNBOOKS = sorted((Path(__file__).parents[2] / "runbooks").glob("*.yaml"))


def with_change(folder: Path, old: str, new: str) -> Path:
    """Return a file with the sound runbook in which the first `old` is `new`."""
    text = SOUND.read_text()
    assert old in text
    path = folder / "changed.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def changed(folder: Path, old: str, new: str) -> Loaded:
    return load(with_change(folder, old, new))


def test_a_sound_runbook_comes_with_everything_filled_in() -> None:
    loaded = load(SOUND)
    runbook = loaded.runbook
    assert (runbook.runbook, runbook.risk, runbook.version) == ("sound", "high", "3.40")
    assert [phase.title for phase in runbook.phases] == ["Expand", "Fill", "Contract"]
    assert [step.kind for step in runbook.steps()] == [
        *("baseline", "sql", "check", "backfill", "check", "manual", "sign_off", "sql"),
    ]
    assert runbook.step("approved").signatures == ("tech-lead", "dba")
    assert runbook.step("approved").driven_by == "signatures"
    assert runbook.step("looked_at").driven_by == "person"
    assert runbook.step("same_users").asks_again
    assert runbook.step("add_column").estimate == "90s"
    assert runbook.step("still_nullable").requires == ("add_column",)
    assert runbook.phase("contract").requires[0].soak == "72h"
    assert (loaded.source, loaded.source_name) == (SOUND.read_text(), "sound.yaml")


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_the_runbooks_that_come_with_the_program_are_sound(path: Path) -> None:
    assert load(path).runbook.phases


def test_an_environment_overrides_the_batches_of_every_backfill() -> None:
    def batches(environment: str | None) -> tuple[object, object]:
        backfill = load(SOUND, environment=environment).runbook.step("fill_users").data["backfill"]
        return backfill.get("batch_size"), backfill.get("batch_pause")

    assert batches(None) == (None, None)
    assert batches("production") == (5000, "200ms")
    assert batches("staging") == (10_000, "100ms")


def test_an_environment_that_the_runbook_does_not_know_is_refused_with_the_nearest() -> None:
    with pytest.raises(RunbookError, match="knows no environment produktion — did you mean production\\?"):
        load(SOUND, environment="produktion")
    with pytest.raises(RunbookError, match="known: staging, production"):
        load(SOUND, environment="x")


def test_a_runbook_without_environments_runs_in_any(tmp_path: Path) -> None:
    lines = SOUND.read_text().splitlines(keepends=True)
    path = tmp_path / "plain.yaml"
    path.write_text("".join(lines[:7] + lines[10:]))
    assert load(path, environment="anywhere").runbook.environments == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "SELECT count(*) FROM users\n",
            "|\n          SELECT count(*) -- all\n          FROM users\n",
        ),
        ("title: A runbook in which everything is right", "title: Another"),
        ("phases:", "why: because\nchannel: '#db'\nphases: # these"),
        ("id: expand", "id: expand\n    goal: a column"),
        ("id: add_column\n", "id: add_column\n        title: Add it\n        note: careful\n        who: dba\n"),
        ("consequence: users.old is gone", "consequence: all is lost"),
        ("ALTER TABLE users ADD", "/* now */ ALTER   TABLE users ADD"),
        ("undo: ALTER TABLE", "undo: ALTER  TABLE"),
        ("people: {ann: [reviewer, dba], ", "people: {ann: [reviewer, dba], eve: [dba], "),
        ("key: id,", "key: id, batch_size: 10000, batch_pause: 100ms,"),
    ],
)
def test_prose_and_white_space_do_not_change_the_plan(tmp_path: Path, old: str, new: str) -> None:
    loaded = changed(tmp_path, old, new)
    assert loaded.plan_digest == load(SOUND).plan_digest
    assert loaded.source_digest != load(SOUND).source_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ADD COLUMN org_id TEXT", "ADD COLUMN org_id BLOB"),
        ("undo: ALTER TABLE users DROP COLUMN org_id", "undo: ALTER TABLE users DROP COLUMN old"),
        ("\"'none'\"", "\"'none '\""),
        ("key: id,", "key: id, batch_size: 5,"),
        ("{unchanged: count_users}", "{at_least: 5}"),
        ("        requires: [add_column]\n", ""),
        ("soak: 72h", "soak: 71h"),
        ("      gates: [same_users]\n", ""),
        ("confirm: {baseline: count_users}", "confirm: null"),
        ("risk: high", "risk: low"),
        ("Everything is as it should be", "Nothing is as it should be"),
        ("id: fill\n", "id: fill\n    any_order: true\n"),
        ("looked_at", "look_at"),
        ("id: fill\n", "id: fill\n    gates: [still_nullable]\n"),
        ("id: fill\n", "id: fill\n    gates: []\n"),
    ],
)
def test_what_would_be_executed_changes_the_plan(tmp_path: Path, old: str, new: str) -> None:
    assert changed(tmp_path, old, new).plan_digest != load(SOUND).plan_digest


def test_the_plan_of_an_environment_with_other_batches_is_another() -> None:
    assert load(SOUND, environment="production").plan_digest != load(SOUND).plan_digest
    assert load(SOUND, environment="staging").plan_digest == load(SOUND).plan_digest


def test_white_space_inside_a_literal_changes_the_plan(tmp_path: Path) -> None:
    one = changed(tmp_path, "DROP COLUMN org_id", "UPDATE users SET name = 'a b'").plan_digest
    two = changed(tmp_path, "DROP COLUMN org_id", "UPDATE users SET name = 'a  b'").plan_digest
    assert one != two


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read .*: No such file or directory"),
        (b"", "r.yaml:1:1: the file is empty"),
        (b"- a", "r.yaml:1:1: a mapping of keys to values is expected here"),
        (b"runbook", "r.yaml:1:1: a mapping of keys to values is expected here"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "r.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunbookError, match=message):
        load(path)


def test_a_folder_is_no_runbook(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="Is a directory — name a file that you can read"):
        load(tmp_path)


def broken() -> list[tuple[str, str, list[str]]]:
    """Return what is replaced in the sound runbook, by what, and the problems that are told of it."""
    blocks = Path(__file__).with_name("broken_runbooks.txt").read_text().strip().split("\n\n")
    found = []
    for block in blocks:
        marked = [(line[:1], line[2:]) for line in block.split("\n")]
        old, new = ("\n".join(text for mark, text in marked if mark == sign) for sign in "-+")
        found.append((old, new, [text for mark, text in marked if mark == "!"]))
    return found


@pytest.mark.parametrize(("old", "new", "problems"), broken(), ids=lambda value: str(value)[:30])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, old: str, new: str, problems: list[str]) -> None:
    path = with_change(tmp_path, old, new)
    with pytest.raises(InvalidDocument) as refused:
        load(path)
    assert list(refused.value.problems) == [f"{path}:{problem}" for problem in problems]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hunter2@db1/app",
        "postgresql://app:hunter2@db1:5432/app?sslmode=require",
        "mysql://db1/app?user=app&password=hunter2",
        "postgresql:///app?PASSWORD=hunter2",
        "sqlite+x://u:hunter2@h",
        "'host=db1 password=hunter2'",
        "'postgresql://app:hun@ter2@db1/app'",
    ],
)
def test_a_password_is_refused_and_never_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        changed(tmp_path, "env:APP_DATABASE", f'"{url}"')
    assert "main: " in str(refused.value)
    assert "hun" not in str(refused.value)


@pytest.mark.parametrize("url", ["env:DATABASE_URL", "sqlite:app.db", "sqlite:////var/app.db", "SQLite:///var/a@b.db"])
def test_an_address_without_a_password_is_fine(tmp_path: Path, url: str) -> None:
    assert changed(tmp_path, "env:APP_DATABASE", url).runbook.databases == {"main": url}


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("risk: hihg\nengine: sqlite\nphases: [{id: a, steps: [{sql: SELECT 1}, 5]}]\ntitel: x\n")
    with pytest.raises(InvalidDocument) as refused:
        load(path)
    places = [problem.removeprefix(f"{path}:").split(": ")[0] for problem in refused.value.problems]
    assert places == ["1:1", "1:1", "1:7", "3:26", "3:43", "4:1"]
    assert str(refused.value).splitlines() == list(refused.value.problems)
    assert refused.value.exit_status == 2


def test_a_file_with_countless_problems_tells_the_first_of_them(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("".join(f"unknown{number}: 1\n" for number in range(5000)))
    with pytest.raises(InvalidDocument) as refused:
        load(path)
    assert len(refused.value.problems) == 51
    assert refused.value.problems[-1].endswith("and 4955 more")
