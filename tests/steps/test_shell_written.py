"""A shell step says what it will do, and what makes no sense is refused with the runbook."""

from typing import Any

import pytest

from console.steps import kind_of
from tests.steps.commands import shell
from tests.steps.site import Site, step_of


def test_the_preview_says_where_with_what_and_for_how_long(site: Site) -> None:
    step = shell("pg_dump", "--file", "a b", env=("PGHOST",), secrets={"PGPASSWORD": "env:APP_PASSWORD"}, timeout="2h")
    shown = kind_of(step).preview(step, site.facts)
    assert step.title == "pg_dump --file 'a b'"
    assert shown.words.splitlines() == [
        "In the folder where the console runs, ended after 2h, runs:",
        "pg_dump --file 'a b'",
        (
            "It is given PATH, HOME, LANG, LC_ALL, TZ, TMPDIR, USER, LOGNAME, TERM=dumb, NO_COLOR=1, PGHOST,"
            " PGPASSWORD (env:APP_PASSWORD), and no input."
        ),
        "Expected: exit status 0",
    ]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"shell": "pg_dump -Fc"}, r"shell: a command is a list, .*: write \[pg_dump, -Fc\], or with through: sh"),
        ({"shell": ()}, "shell: names no program"),
        ({"shell": (" ",)}, "shell: names no program"),
        ({"shell": " ", "through": "sh"}, "shell: says nothing"),
        ({"shell": ("a\0b",)}, "shell: holds a character that no command can hold"),
        ({"shell": ("true",), "through": "sh"}, "through: a list is executed as it is"),
        ({"shell": ("true",), "timeout": "0s"}, "timeout: no time at all"),
        ({"shell": ("true",), "expect": {"output": "("}}, "expect: output: is no regular expression"),
        ({"shell": ("true",), "env": ("A B",)}, "env: 'A B' is not the name of a variable"),
        ({"shell": ("true",), "env": ("PGPASSWORD",)}, "env: PGPASSWORD sounds like a secret, .*secrets: {PGPASSWORD"),
        ({"shell": ("true",), "env": ("TERM",)}, "env: TERM is given already"),
        ({"shell": ("true",), "secrets": {"A": "hunter2"}}, "secrets: A: a value is not written here: write env:NAME"),
        ({"shell": ("true",), "undo": "true"}, "undo: it changes nothing; leave it out"),
        ({"shell": ("true",), "idempotent": True}, "idempotent: what changes nothing"),
        ({"shell": ("true",), "done_when": "SELECT 1"}, "done_when: what changes nothing"),
        ({"shell": ("true",), "changes": "something"}, "undo: is missing"),
        ({"shell": ("true",), "changes": "something", "undo": "rm 'x"}, "undo: is no command: No closing quotation"),
        ({"shell": ("true",), "changes": "something", "undo": "x", "done_when": "DELETE FROM t"}, "done_when: DELETE"),
        ({"shell": ("true",), "changes": "something", "undo": "x", "done_when": ("",)}, "done_when: names no program"),
    ],
)
def test_what_makes_no_sense_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        step_of(**{"changes": "nothing", **mapping})
