"""The program's way in. Rule: `--version` loads nothing, and every end has an exit status."""

import sys

from console import __version__


def main() -> None:
    """Carry out the command line and end the process with its exit status."""
    arguments = sys.argv[1:]
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


if __name__ == "__main__":
    main()
