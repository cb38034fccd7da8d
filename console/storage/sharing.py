"""Who else may read a run and attach to it: one group of accounts.

Rule: the run's folder says so itself, by its group and its setgid bit; whatever is made in it follows the folder.
"""

import difflib
import grp
import os
import stat
from pathlib import Path

from console.core.errors import JournalError, RunbookError

FOLDER = 0o2750
"""Mode of a folder that a group may look into; setgid, so that what is made in it belongs to the group."""
FILE = 0o640
"""Mode of a file that a group may read."""
SOCKET = 0o660
"""Mode of a socket that a group may attach to."""

_FOLLOWING = ("journal.jsonl", "lease")
"""The files of a run that a group reads; what its engine says on stderr stays its owner's."""


def group_id(name: str) -> int:
    """Return the id of a group that this process is in. Raises RunbookError with the way out."""
    mine = {each for each in (_name(gid) for gid in {*os.getgroups(), os.getegid()}) if each}
    try:
        found = grp.getgrnam(name)
    except (KeyError, ValueError) as error:
        near = difflib.get_close_matches(name, mine, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"name one of yours: {', '.join(sorted(mine)) or 'none'}"
        raise RunbookError(f"--group: there is no group {name!r} on this machine", remedy=remedy) from error
    if os.geteuid() != 0 and found.gr_gid not in {*os.getgroups(), os.getegid()}:
        raise RunbookError(
            f"--group: you are not in {name}, so you cannot share a run with it",
            remedy=f"name one of yours: {', '.join(sorted(mine)) or 'none'}; if you were added just now, log in anew",
        )
    return found.gr_gid


def _name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def prepare(runs: Path, *, group: str) -> None:
    """Make the folder of the runs, where there is none, so that a group can look into it.

    Raises RunbookError, before anything is made, when a folder on the way is closed to the group.
    """
    gid = group_id(group)
    wanted = Path(os.path.realpath(runs))
    missing = [each for each in (wanted, *wanted.parents) if not each.exists()]
    for folder in reversed(wanted.parents):
        if folder not in missing and not _may(folder, gid, stat.S_IXOTH):
            raise _closed(folder, group, rights="x")
    if wanted not in missing and not _may(wanted, gid, stat.S_IROTH | stat.S_IXOTH):
        raise _closed(wanted, group, rights="rx")
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700)
            share(folder, gid)
    except OSError as error:
        raise JournalError(
            f"cannot make {wanted} for the group {group}: {error.strerror}",
            remedy="name another place with --journal DIR",
        ) from error


def _may(folder: Path, gid: int, rights: int) -> bool:
    """Tell whether whoever is in the group has those rights of anybody: as the folder's group, or as anybody else."""
    found = folder.stat()
    return (found.st_mode >> (3 if found.st_gid == gid else 0)) & rights == rights


def _closed(folder: Path, group: str, *, rights: str) -> RunbookError:
    return RunbookError(
        f"--group: {folder} is closed to the group {group}, so nobody in it could reach the run",
        remedy=f"keep the run elsewhere with --journal DIR, or open that folder: chgrp {group}, chmod g+{rights}",
    )


def share(folder: Path, gid: int) -> None:
    """Open a folder, and what is in it of a run, to a group. Raises OSError."""
    os.chown(folder, -1, gid)
    folder.chmod(FOLDER)  # whatever the umask is
    for name in _FOLLOWING:
        if (folder / name).exists():
            follow(folder / name)


def shared_with(folder: Path) -> int | None:
    """Return the id of the group that a run's folder is shared with; None when it is its owner's alone."""
    found = folder.stat()
    return found.st_gid if stat.S_IMODE(found.st_mode) == FOLDER else None


def follow(path: Path, *, mode: int = FILE) -> None:
    """Give a file, or with its mode a socket, to the group that its folder is shared with, if any. Raises OSError."""
    gid = shared_with(path.parent)
    if gid is not None:
        os.chown(path, -1, gid)
        path.chmod(mode)
