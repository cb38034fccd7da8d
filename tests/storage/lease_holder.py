"""A program: takes the lease of a folder and holds it until a line comes in, or looks at it without end."""

import os
import sys
from pathlib import Path

from console.core.errors import GateError
from console.storage.lease import Holder, RunLease, held_by
from tests.storage.events import NOON


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def hold(folder: Path) -> None:
    try:
        lease = RunLease.acquire(folder, holder=Holder(pid=os.getpid(), host="h", account="op", since=NOON))
    except GateError:
        holder = held_by(folder)
        say(f"held by {holder.pid if holder else 'nobody'}")
        sys.stdin.readline()
        return
    say(f"took it {os.getpid()}")
    sys.stdin.readline()
    lease.release()


def look(folder: Path) -> None:
    say("looking")
    while True:
        held_by(folder)


if __name__ == "__main__":
    (look if len(sys.argv) > 2 else hold)(Path(sys.argv[1]))
