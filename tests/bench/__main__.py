"""`python -m tests.bench [PART…]`: measures, prints the table and, when all parts were measured, keeps it."""

import sys
from collections.abc import Iterator

from tests.bench import executing, lengths, locking, pressing, screens, versions
from tests.bench.measure import FULL, Row, Size
from tests.bench.table import LATEST, document, table

PARTS = {
    "versions": versions.rows,
    "executing": executing.rows,
    "locking": locking.rows,
    "lengths": lengths.rows,
    "screens": screens.rows,
    "pressing": pressing.rows,
}


def measured(size: Size, names: list[str]) -> Iterator[Row]:
    """Measure the parts of those names, all when there is none, one row after another."""
    for name in names or PARTS:
        yield from PARTS[name](size)


def main() -> None:
    names = sys.argv[1:]
    rows = []
    for row in measured(FULL, names):
        sys.stderr.write(f"{row.what}: {row.ratio:.2f}\n")
        rows.append(row)
    sys.stdout.write(table(rows) if names else document(rows))
    if not names:
        LATEST.write_text(document(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
