"""The only place that knows drivers. Rule: an engine is a package here, named like its URL's scheme; no list."""

import importlib
import pkgutil
import re
from collections.abc import Mapping
from typing import Any, get_args

from console.core.errors import RunbookError
from console.core.ports import Target
from console.core.runbook import EngineName
from console.core.secrets import Secrets, holds_password, redacted, resolve

__all__ = ["engines", "open_target", "redacted", "refuse_literal_password", "resolve", "secrets_of"]

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SHORT = {"postgres": "postgresql"}
"""Schemes that others write for an engine's own."""


def secrets_of(databases: Mapping[str, str], environ: Mapping[str, str]) -> Secrets:
    """Return what nobody may see of a runbook's `databases`: what their variables hold, and the passwords in it."""
    named = (text.removeprefix("env:") for text in databases.values() if text.startswith("env:"))
    plain = (text for text in databases.values() if holds_password(text))
    return Secrets.of([*(environ[name] for name in named if environ.get(name)), *plain])


def refuse_literal_password(url: str) -> str:
    """Return a URL that somebody typed. Raises RunbookError when it holds a password."""
    if holds_password(url):
        raise RunbookError(
            "this URL has a password in it, and the arguments of a process are public",
            remedy="export the URL and name the variable: env:NAME",
        )
    return url


async def open_target(url: str, **options: Any) -> Target:
    """Open the database of a URL such as sqlite:///srv/shop.db; `options` are the engine's own.

    Raises RunbookError for a URL that names no engine that is built in, Unreachable when it cannot be opened.
    """
    found = _SCHEME.match(url)
    if not found:
        remedy = "write sqlite:///srv/shop.db for a path from the root, or sqlite:shop.db for one from here"
        raise RunbookError(f"{redacted(url)!r} is no database URL", remedy=remedy)
    scheme = _SHORT.get(found[1].lower(), found[1].lower())
    if scheme not in engines():
        what = f"{scheme} is not built in yet" if scheme in get_args(EngineName) else f"{scheme}: is unknown"
        raise RunbookError(f"{what}: {redacted(url)}", remedy=f"use one of {', '.join(engines())}")
    engine = importlib.import_module(f"{__name__}.{scheme}")
    target: Target = await engine.open_target(url, **options)
    return target


def engines() -> tuple[str, ...]:
    """Return the engines that are built in: the packages of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))
