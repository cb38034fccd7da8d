"""`runbook report`: a run for those who were not there. Rule: from the journal alone; verified first."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from console.cli import which_run
from console.core.errors import JournalError, RunbookError
from console.core.events import Record
from console.storage.journal import read_records
from console.storage.verify import Verdict, verify
from console.views.json_text import as_json
from console.views.report import Integrity, report
from console.views.report_markdown import markdown

NAME = "report"
HELP = "Write the report of a run from its journal."


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    which_run.configure(parser)
    parser.add_argument("--format", choices=("md", "json"), default="md", help="by default md, Markdown")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write there instead of to the terminal")


def execute(arguments: Namespace) -> int:
    """Write it; that a chain is broken is in the report and in the exit status."""
    run = which_run.meant(arguments)
    verdict = verify(run.journal)
    integrity = Integrity(state=verdict.state, records=verdict.records, head=verdict.head, why=verdict.first_bad.why)
    made = report(_records(run.journal, verdict), integrity)
    _write(as_json(made) if arguments.format == "json" else markdown(made).encode(), arguments.output)
    return 1 if verdict.state == "broken" else 0


def _records(journal: Path, verdict: Verdict) -> list[Record]:
    """Return the records up to the first one that is not as it was written. Raises JournalError without any."""
    found: list[Record] = []
    try:
        for record in read_records(journal):
            found.append(record)  # noqa: PERF402 - what was read before an error is kept
    except JournalError:
        if not found:
            raise
    if not found:
        raise JournalError(f"{journal}: {verdict.words}", remedy="there is nothing to report")
    return found


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise RunbookError(f"cannot write {output}: {error.strerror}", remedy="name another file with -o") from error
