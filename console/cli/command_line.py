"""What was typed, taken apart. Rule: only the verb that is used is imported; what is wrong ends in 2."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from console.cli import verbs

_INTRODUCTION = """usage: runbook VERB …
       runbook --version

Runbook Console takes a database migration through its phases in the terminal.

verbs:
"""
_STATUSES = """
`runbook VERB --help` tells more about a verb.

exit status: 0 done · 1 a check failed, a broken chain, the run was aborted
· 2 the runbook or the arguments are wrong · 3 refused by a gate
· 4 the database is out of reach · 5 in doubt, needs a person · 6 waiting · 70 our bug
"""


def execute(words: Sequence[str]) -> int:
    """Carry out one command line, without the program's name, and return its exit status."""
    if not words:
        sys.stderr.write(overview())
        return 2
    if words[0] in ("--help", "-h", "help"):
        sys.stdout.write(overview())
        return 0
    verb = verbs.find(words[0])
    parser = ArgumentParser(prog=f"runbook {verb.NAME}", description=verb.HELP, allow_abbrev=False)
    verb.configure(parser)
    return verb.execute(parser.parse_args(words[1:]))


def overview() -> str:
    """Return what `runbook --help` prints."""
    shown = {name: entry.help for name, entry in verbs.listed().items() if entry.help}
    width = max((len(name) for name in shown), default=0)
    return _INTRODUCTION + "".join(f"  {name:{width}}  {says}\n" for name, says in shown.items()) + _STATUSES
