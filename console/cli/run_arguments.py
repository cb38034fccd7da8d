"""What `run` and the engine that it starts are both told. Rule: one list, so that nothing is lost on the way."""

from argparse import ArgumentParser, Namespace


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", help="the runbook")
    parser.add_argument("--env", metavar="E", help="the environment, one of those that the runbook names")
    parser.add_argument("--journal", metavar="DIR", help="where runs are kept, instead of the state folder")
    parser.add_argument("--group", metavar="NAME", help="who else may attach and read: the accounts of this group")
    parser.add_argument(
        "--take-over", action="store_true", help="take the database from another run that still holds it"
    )


def words(arguments: Namespace) -> tuple[str, ...]:
    """Return the arguments as they would be typed."""
    options: list[str] = []
    for name in ("env", "journal", "group"):
        if getattr(arguments, name) is not None:
            options += [f"--{name}", getattr(arguments, name)]
    if arguments.take_over:
        options.append("--take-over")
    return (*options, "--", arguments.file)
