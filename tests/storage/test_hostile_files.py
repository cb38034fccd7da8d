"""Whatever is in a file, a person is told in lines what is wrong with it."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from console.core.errors import JournalError, RunbookError
from console.storage.answers import load_answers
from console.storage.journal import read_records
from console.storage.runbook_file import load
from console.storage.verify import verify
from tests.storage.events import a_small_run, write

SOUND = Path(__file__).with_name("sound.yaml").read_text()
WORDS = SOUND.replace(":", " ").replace(",", " ").split()
VALUES = [
    "~",
    "[]",
    "{}",
    "5",
    "-1",
    "true",
    "''",
    "[[]]",
    "{a: b}",
    "[5]",
    "1e5",
    "'\\0'",
    "\u202e",
    "[red]x[/]",
    "\n",
]


def told_or_read(content: bytes) -> None:
    """Read a file as a runbook and as answers; nothing but a RunbookError may come of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.yaml"
        path.write_bytes(content)
        for read in (load, load_answers):
            with suppress(RunbookError):
                read(path)


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, len(SOUND)),
    length=st.integers(0, 40),
    new=st.one_of(st.sampled_from(VALUES), st.sampled_from(WORDS), st.text(max_size=20)),
)
def test_a_runbook_with_anything_in_it_is_told_or_read(place: int, length: int, new: str) -> None:
    told_or_read((SOUND[:place] + new + SOUND[place + length :]).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(word=st.sampled_from(sorted(set(WORDS))), new=st.sampled_from(VALUES + sorted(set(WORDS))))
def test_a_runbook_in_which_a_word_is_another_is_told_or_read(word: str, new: str) -> None:
    told_or_read(SOUND.replace(word, new).encode())


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_journal_with_anything_in_it_is_told_or_read(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "journal.jsonl", *a_small_run())
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content)))
        new = data.draw(st.binary(max_size=30))
        path.write_bytes(content[:place] + new + content[place + data.draw(st.integers(0, 300)) :])
        with suppress(JournalError):
            list(read_records(path))
        assert verify(path).words
