"""Looks for a name in a code tree. Rule: reads every file below a folder, follows no link, skips version control."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

SKIPPED = frozenset({".git", ".hg", ".svn"})
CHUNK = 1 << 20
"""Bytes read at once; a file may be larger than memory."""
SHOWN = 5


async def references(name: str, path: str) -> str:
    """Say which files below a folder contain a name as a word: `none`, or where."""
    return await asyncio.to_thread(_references, name, Path(path))


def _references(name: str, root: Path) -> str:
    if not root.exists():
        return f"{root} does not exist"
    word = re.compile(rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
    found, unread = [], []
    for file in _files(root):
        try:
            line = _line(file, word, len(name.encode()))
        except OSError as error:
            unread.append(f"{file}: {error.strerror}")
            continue
        if line is not None:
            found.append(f"{file}:{line}")
    if unread:
        return f"{len(unread)} cannot be read: {_some(unread)}"
    return f"{len(found)} {'file' if len(found) == 1 else 'files'}: {_some(found)}" if found else "none"


def _some(places: list[str]) -> str:
    return ", ".join(places[:SHOWN]) + (", …" if len(places) > SHOWN else "")


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (Path(folder, file) for file in sorted(files) if Path(folder, file).is_file())


def _line(file: Path, word: re.Pattern[bytes], length: int) -> int | None:
    """Return the line of the first occurrence, counted from 1; None when there is none."""
    text, lines, start = b"", 1, 0
    with file.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            text += chunk
            found, last = word.search(text, start), len(chunk) < CHUNK
            # What touches the end may go on in the next chunk, so it is looked at again together with that.
            if found and (last or found.end() < len(text)):
                return lines + text.count(b"\n", 0, found.start())
            if last:
                return None
            # The byte before the kept end is kept too: it tells whether a word begins after it.
            cut = max(len(text) - length - 1, 0)
            lines += text.count(b"\n", 0, cut)
            text, start = text[cut:], 1 if cut else start
