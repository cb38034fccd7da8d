"""Reads the text of an amendment as the file of a runbook is read. Rule: nobody else makes a runbook of a text."""

from msgspec import json

from console.core.commands import Amend, AmendTo
from console.core.runbook import Runbook
from console.storage.runbook_file import loaded_from


def amended(amend: Amend, environment: str) -> AmendTo:
    """Return the amendment with its runbook. Raises RunbookError, InvalidDocument for all that is wrong with it."""
    loaded = loaded_from(amend.source.encode(), name=amend.source_name, environment=environment)
    return AmendTo(
        # What is compared with it comes from the journal, where a tuple of a step's own data is a list.
        runbook=json.decode(json.encode(loaded.runbook), type=Runbook),
        source=loaded.source,
        source_name=loaded.source_name,
        source_digest=loaded.source_digest,
        plan_digest=loaded.plan_digest,
        reason=amend.reason,
    )
