"""A program: fills a journal to a limit on the size of files, lifts the limit, and goes on."""

import resource
import sys
from pathlib import Path

from console.core import events as e
from console.core.errors import JournalFull
from console.storage.journal import Journal
from tests.storage.events import NOON, started

LIMIT = 20_000


def main() -> None:
    journal = Journal.create(Path(sys.argv[1]))
    journal.append(started(), at=NOON, by="op1")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, most))
    number = 0
    try:
        while True:
            journal.append(e.Noted(text=f"note {number}"), at=NOON, by="op1", durable=number % 3 == 0)
            number += 1
    except JournalFull as error:
        sys.stdout.write(f"{error}\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    journal.append(e.Noted(text="after"), at=NOON, by="op1")
    sys.stdout.write(f"{number}\n{journal.head}\n")
    journal.close()


if __name__ == "__main__":
    main()
