"""The program's way in. Rule: `--version` loads nothing, every end has an exit status, none a core."""

import os
import resource
import sys

from console import __version__


def main() -> None:
    """Carry out the command line and end the process with its exit status."""
    arguments = sys.argv[1:]
    _leave_no_core()
    _have_all_streams()
    if arguments == ["--version"]:
        sys.exit(_tell_version())
    try:
        from console.cli.ending import status_of

        status = status_of(arguments)
    except KeyboardInterrupt:
        status = 130
    except ImportError as error:
        sys.stderr.write(f"runbook: this installation is not whole ({error}) — install runbook-console again\n")
        status = 70
    sys.exit(status)


def _tell_version() -> int:
    try:
        os.write(1, f"runbook {__version__}\n".encode())  # not kept back, so that nothing fails later
    except BrokenPipeError:
        return 141
    except OSError as error:
        sys.stderr.write(f"runbook: the output cannot be written: {error.strerror}\n")
        return 1
    return 0


def _leave_no_core() -> None:
    """Let the kernel write no image of the memory, which holds connection strings; what is started inherits this."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _have_all_streams() -> None:
    """Lead a standard stream that is closed to nowhere: else the next file that is opened gets its number.

    What anybody prints would then be written into a journal.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


if __name__ == "__main__":
    main()
