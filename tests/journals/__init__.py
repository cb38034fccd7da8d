"""Journals that are kept for ever: every later program reads them as this one does, or refuses them in words.

`NAME.jsonl` is a journal, `NAME.json` what has to be known of it. `python -m tests.journals` writes those that are
missing; one that is there is only ever replaced by whoever deletes it first, which a journal of an earlier program
does not deserve.
"""

from pathlib import Path

KEPT = Path(__file__).parent
