"""What a command says, line by line, as a journal can keep it. Rule: bounded, without controls, without its secrets."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from console.core.secrets import Secrets

FIRST, LAST = 100, 50
"""Lines that are told as they come, and at the end."""
LONGEST_LINE = 400
"""Characters of a line that are told."""
_SEARCHED = 4000
"""Characters of a line that an expectation is looked for in."""
_CHUNK = 1 << 16

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|$)"  # titles, links and other strings
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Output:
    """Reads a growing file; what it returns may be told."""

    def __init__(self, path: Path, *, wanted: str = "", secrets: Secrets) -> None:
        self._path, self._secrets = path, secrets
        self._wanted = re.compile(wanted) if wanted else None
        self._offset, self._rest = 0, b""
        self._last: deque[str] = deque(maxlen=LAST)
        self._told = self._held_back = 0
        self.found = False
        """A line was what is wanted."""

    def more(self) -> Iterator[str]:
        """Yield the lines that came since; those after the first hundred are held back for the end."""
        yield from self._more(ended=False)

    def rest(self) -> Iterator[str]:
        """Yield what is left once the command has ended: how much is left out, and the last lines."""
        yield from self._more(ended=True)
        if left_out := self._held_back - len(self._last):
            yield f"… {left_out} lines left out …"
        yield from self._last
        self._last.clear()

    def _more(self, *, ended: bool) -> Iterator[str]:
        for line in self._lines(ended=ended):
            text = self._secrets.masked(plain(line))
            if self._wanted is not None and not self.found:
                self.found = self._wanted.search(text[:_SEARCHED]) is not None
            told = text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}… {len(text) - LONGEST_LINE} more"
            if self._told < FIRST:
                self._told += 1
                yield told
            else:
                self._held_back += 1
                self._last.append(told)

    def _lines(self, *, ended: bool) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                while data := file.read(_CHUNK):
                    self._offset += len(data)
                    *whole, self._rest = (self._rest + data).split(b"\n")
                    yield from whole
        except FileNotFoundError:
            return
        if ended and self._rest:
            yield self._rest
            self._rest = b""


def plain(line: bytes) -> str:
    """Return a line as text: of one that was written over and over, as progress is, what stood there last."""
    text = _ESCAPES.sub("", line.decode(errors="replace")).rstrip("\r")
    return _CONTROLS.sub("�", text.rpartition("\r")[2])
