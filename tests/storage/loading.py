"""Loads files in a process of its own and says what each cost. Rule: one line of JSON for each file."""

import json
import os
import resource
import sys
from pathlib import Path

from console.core.errors import RunbookError
from console.storage.answers import load_answers
from console.storage.runbook_file import load

CPU_SECONDS = 60
"""The kernel ends this process after so much; a file that never ends would use it up."""


def cpu() -> float:
    """Return the seconds of processor time that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_so_far() -> int:
    """Return the bytes that this process has read from files."""
    return int(Path("/proc/self/io").read_text().split()[1])


def peak_memory() -> int:
    """Return the most memory that this program had, in KiB; `ru_maxrss` would begin with that of the process before."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


def told(path: Path) -> str:
    """Load a file as a runbook, or as answers when it is called so; return what is said of it."""
    try:
        (load_answers if path.name.startswith("answers") else load)(path)
    except RunbookError as error:
        return str(error)
    return ""


def main(warm: str, *files: str) -> None:
    """Load the first file twice, so that all is imported, then each of the others."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    told(Path(warm))
    for file in (warm, *files):
        begun, read = cpu(), read_so_far()
        said = told(Path(file))
        cost = {"file": os.path.basename(file), "cpu": cpu() - begun, "read": read_so_far() - read}  # noqa: PTH119
        sys.stdout.write(json.dumps({**cost, "said": said[:2000], "kib": peak_memory()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
