from pathlib import Path

import pytest

from console.core.errors import InvalidDocument, RunbookError
from console.storage.answers import Answer, Answers, SignOffAnswer, load_answers

DIGEST = "ab" * 32
FULL = f"""\
note: all went well
steps:
  look: {{value: 1.10, note: seen, by: op1}}
  skip: {{not_applicable: there is no replica}}
  approve:
    sign_off:
      - {{role: dba, by: dba1, note: fine}}
      - {{role: tech-lead, by: lead1}}
point_of_no_return: {{contract: {DIGEST}}}
"""


def read(folder: Path, text: str) -> Answers:
    path = folder / "answers.yaml"
    path.write_text(text)
    return load_answers(path)


def test_answers_are_read_as_they_are_written(tmp_path: Path) -> None:
    assert read(tmp_path, FULL) == Answers(
        note="all went well",
        steps={
            "look": Answer(value="1.10", note="seen", by="op1"),
            "skip": Answer(not_applicable="there is no replica"),
            "approve": Answer(
                sign_off=(
                    SignOffAnswer(role="dba", by="dba1", note="fine"),
                    SignOffAnswer(role="tech-lead", by="lead1"),
                )
            ),
        },
        point_of_no_return={"contract": DIGEST},
    )


def test_an_empty_mapping_answers_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "{}") == Answers()


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("value: 1.10", "valeu: 1.10", ["3:10: valeu is not known here — did you mean value?"]),
        ("value: 1.10", "value: [1]", ["3:17: value: a text is expected here, not a list"]),
        ("value: 1.10", "value: ~", ["3:17: value: is empty: write a text"]),
        ("role: dba, ", "", ["7:9: sign_off: role is missing"]),
        ("steps:\n", "step:\n", ["2:1: step is not known here — did you mean steps?"]),
        (
            "  look:",
            "  Look At:",
            ["3:3: key: 'Look At' does not fit: a short name: a lower-case letter, then letters,"],
        ),
        (DIGEST, "yes", ["9:32: contract: 'yes' does not fit: a plan_digest: 64 hexadecimal digits"]),
        ("{not_applicable: ", "{value: 1, not_applicable: ", ["4:10: skip: either value or not_applicable, not both"]),
        ("  skip:", "  look:", ["4:3: look: is written twice, first on line 3"]),
        ("note: all went well", "note: &a b", ["1:7: &a: anchors are not read, write it out where it is used"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, old: str, new: str, problems: list[str]) -> None:
    assert old in FULL
    with pytest.raises(InvalidDocument) as refused:
        read(tmp_path, FULL.replace(old, new, 1))
    told = [problem.removeprefix(f"{tmp_path / 'answers.yaml'}:") for problem in refused.value.problems]
    assert [each[: len(problem)] for each, problem in zip(told, problems, strict=True)] == problems


def test_answers_that_are_not_there_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="No such file or directory"):
        load_answers(tmp_path / "none.yaml")
