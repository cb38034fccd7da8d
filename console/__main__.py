"""The program's way in. Rule: `--version` loads nothing, every end has an exit status, none a core."""

import resource
import sys

from console import __version__


def main() -> None:
    """Carry out the command line and end the process with its exit status."""
    arguments = sys.argv[1:]
    _leave_no_core()
    if arguments == ["--version"]:
        sys.stdout.write(f"runbook {__version__}\n")
        sys.exit(0)
    try:
        from console.cli.ending import status_of

        status = status_of(arguments)
    except KeyboardInterrupt:
        status = 130
    except ImportError as error:
        sys.stderr.write(f"runbook: this installation is not whole ({error}) — install runbook-console again\n")
        status = 70
    sys.exit(status)


def _leave_no_core() -> None:
    """Let the kernel write no image of the memory, which holds connection strings; what is started inherits this."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
