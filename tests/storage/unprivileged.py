"""Does something as an account that is nobody: rights count for it, as they do not for root."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

NOBODY = 65_534


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that every account can reach: those of pytest are for their owner alone."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def as_nobody(act: Callable[[], object]) -> str:
    """Return what it returns or raises, as text, in a process that is nobody's, or at least not root's."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child runs nothing but this
        child = os.fork()
    if child == 0:
        told = b"nothing was told"
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            told = str(act()).encode()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent judges it
            told = f"{type(error).__name__}: {error}".encode()
        finally:
            os.write(writing, told)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told.decode()
