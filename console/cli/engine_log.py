"""The log of an engine. Rule: no secret gets into it, and what it tells of a defect is not shown to a person."""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from console.core.secrets import Secrets

FILE = "engine.log"

log = logging.getLogger(__name__)


class _Discreet(logging.Formatter):
    """Takes secrets out of a whole entry, its traceback included."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__("%(asctime)s %(name)s %(levelname)s %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return self._secrets.masked(super().format(record))


@contextmanager
def kept(path: Path, secrets: Secrets) -> Iterator[int]:
    """Log into a file that only its owner can read for as long as this lasts; gives the file's descriptor.

    What ends a thread, or an object that nobody waits for, goes there too instead of to stderr.
    """
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    raw = os.fdopen(file, "wb", buffering=0)  # what finds no room is gone, and not tried again for ever
    handler = logging.StreamHandler(io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True))
    handler.setFormatter(_Discreet(secrets))
    before = logging.raiseExceptions, sys.unraisablehook, threading.excepthook
    logging.raiseExceptions = False  # a full disk is no reason to tell of it in a traceback
    sys.unraisablehook = threading.excepthook = _tell
    logging.getLogger().addHandler(handler)
    try:
        yield file
    finally:
        logging.getLogger().removeHandler(handler)
        logging.raiseExceptions, sys.unraisablehook, threading.excepthook = before
        handler.stream.close()


def _tell(what: Any) -> None:
    log.error("an error of our own", exc_info=(what.exc_type, what.exc_value, what.exc_traceback))
