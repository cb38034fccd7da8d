"""Writes the kept journals that are missing, and what has to be known of each."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import json

from tests.journals import KEPT
from tests.journals.damage import DAMAGE
from tests.journals.known import known_of
from tests.journals.runs import RUNS, journal_of

WHOLE = "forward"
"""The journal that the damaged ones are made from."""


def main() -> None:
    """Write what is missing; say what was."""
    for name in RUNS:
        with TemporaryDirectory() as folder:
            _keep(name, asyncio.run(journal_of(name, Path(folder))))
    lines = (KEPT / f"{WHOLE}.jsonl").read_bytes().splitlines(keepends=True)
    for name, act in DAMAGE.items():
        _keep(f"damaged-{name}", b"".join(act(lines)))


def _keep(name: str, content: bytes) -> None:
    journal = KEPT / f"{name}.jsonl"
    if not journal.exists():
        journal.write_bytes(content)
        sys.stdout.write(f"{journal.name}: {len(content)} bytes\n")
    known = journal.with_suffix(".json")
    if not known.exists():
        known.write_bytes(json.format(json.encode(known_of(journal)), indent=2) + b"\n")
        sys.stdout.write(f"{known.name}\n")


if __name__ == "__main__":
    main()
