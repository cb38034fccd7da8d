"""Reads the text of an amendment as the file of a runbook is read. Rule: nobody else makes a runbook of a text."""

from pathlib import Path

from msgspec import json

from console.core.commands import Amend, AmendTo
from console.core.runbook import Runbook
from console.storage.runbook_file import loaded_from, read_source


def amended(amend: Amend, environment: str) -> AmendTo:
    """Return the amendment with its runbook. Raises RunbookError, InvalidDocument for all that is wrong with it."""
    return _amended(
        amend.source.encode(errors="surrogatepass"),
        name=amend.source_name,
        reason=amend.reason,
        environment=environment,
    )


def amended_by(file: Path, *, reason: str, environment: str) -> AmendTo:
    """Return what a file would amend. Raises RunbookError, InvalidDocument with the file's name in each problem."""
    return _amended(read_source(file), name=str(file), reason=reason, environment=environment)


def _amended(source: bytes, *, name: str, reason: str, environment: str) -> AmendTo:
    loaded = loaded_from(source, name=name, environment=environment)
    return AmendTo(
        # What is compared with it comes from the journal, where a tuple of a step's own data is a list.
        runbook=json.decode(json.encode(loaded.runbook), type=Runbook),
        source=loaded.source,
        source_name=loaded.source_name,
        source_digest=loaded.source_digest,
        plan_digest=loaded.plan_digest,
        reason=reason,
    )
