"""What a command is given of the environment. Rule: what the runbook names and what every program needs, nothing else.

A value that is secret is named, never written: `env:NAME` is looked up where the engine runs.
"""

import os
import re
from collections.abc import Mapping

from console.core.secrets import Secrets, resolve, spelt_out

PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME")
"""What every command is given, as far as it is set."""
FIXED = {"TERM": "dumb", "NO_COLOR": "1"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(r"PASS|PWD$|SECRET|TOKEN|CREDENTIAL|API_?KEY|DSN|URL$", re.IGNORECASE)


def ensure_named(env: tuple[str, ...], secrets: Mapping[str, str]) -> None:
    """Raise ValueError with `field: message` for what names no variable, or passes a secret as if it were none."""
    for name in (*env, *secrets):
        if not _NAME.fullmatch(name):
            field = "secrets" if name in secrets else "env"
            raise ValueError(f"{field}: {name[:60]!r} is not the name of a variable")
    for name in env:
        if _SECRET.search(name):
            raise ValueError(
                f"env: {name} sounds like a secret, and those are kept out of the journal:"
                f" write secrets: {{{name}: env:{name}}}"
            )
        if name in FIXED or name in secrets:
            raise ValueError(f"env: {name} is given already: take it out")
    for name, value in secrets.items():
        if not value.startswith("env:") or not _NAME.fullmatch(value.removeprefix("env:")):
            raise ValueError(
                f"secrets: {name}: a value is not written here: write env:NAME, the variable that holds it"
            )


def environ(env: tuple[str, ...], secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the command's whole environment. Raises RunbookError for a variable that is not set."""
    found = {name: os.environ[name] for name in PASSED if name in os.environ}
    # Without a language, programs take bytes for ASCII, and Python sets variables of its own.
    found.setdefault("LANG", "C.UTF-8")
    named = {name: f"env:{name}" for name in env} | dict(secrets)
    return found | FIXED | {name: resolve(text, os.environ, what="VALUE", in_step=True) for name, text in named.items()}


def kept_secret(secrets: Mapping[str, str]) -> Secrets:
    """Return what the command knows and nobody may see."""
    return Secrets.of(spelt_out(secrets.values(), os.environ))
