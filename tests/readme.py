"""The README's tables and pictures, made from the code. `python -m tests.readme` writes them into it."""

import ast
import re
from collections.abc import Iterable

from console.cli import verbs
from console.steps import kinds
from console.tui import keymap
from tests.bench.table import LATEST
from tests.source import ROOT, layers

README = ROOT / "README.md"
_BLOCK = r"<!-- {name} -->\n(.*?)<!-- /{name} -->"


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *(tuple(cell.replace("|", r"\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def first_sentence(docstring: str) -> str:
    """Return what stands before the rule."""
    return " ".join(docstring.partition("Rule:")[0].split())


def verb_table() -> str:
    rows = ((f"`{name}`", entry.help) for name, entry in verbs.listed().items() if entry.help)
    return table(("verb", "what it does"), rows)


def kind_table() -> str:
    rows = ((f"`{key}`", first_sentence(kind.__doc__ or "")) for key, kind in kinds().items())
    return table(("key", "what such a step does"), rows)


def key_table() -> str:
    shown = (("run", keymap.RUN), ("replay", keymap.REPLAY))
    rows = ((f"`{keymap.spelt(each.key)}`", screen, each.words) for screen, keys in shown for each in keys)
    return table(("key", "screen", "what it does"), rows)


def layer_table() -> str:
    """Return the layers from the top; those that are designed but not there yet are left out."""
    rows = ((f"`{name}`", first_sentence(_docstring(name))) for name, planned in layers().items() if not planned)
    return table(("layer", "what it is"), rows)


def _docstring(layer: str) -> str:
    module = ROOT / "console" / f"{layer}.py"
    file = module if module.exists() else ROOT / "console" / layer / "__init__.py"
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def figures() -> str:
    """Return what `make bench` measured last of that which has a target."""
    lines = LATEST.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith("| – |\n"))


def pictures() -> str:
    """Return every picture of the screen under its name; the tests of the screen draw them."""
    shown = sorted((ROOT / "screenshots").glob("*.svg"))
    return "".join(f"![{_words(path.stem)}](screenshots/{path.name})\n" for path in shown)


def _words(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()


TABLES = {
    "pictures": pictures,
    "layers": layer_table,
    "keys": key_table,
    "kinds": kind_table,
    "verbs": verb_table,
    "bench": figures,
}
"""By the name of the markers that they stand between."""


def written(name: str, text: str) -> str:
    """Return what stands between the markers of a table."""
    found = re.search(_BLOCK.format(name=name), text, re.DOTALL)
    assert found, f"README.md has no <!-- {name} --> … <!-- /{name} -->"
    return found[1]


def write() -> None:
    text = README.read_text(encoding="utf-8")
    for name, made in TABLES.items():
        between = f"<!-- {name} -->\n{written(name, text)}<!-- /{name} -->"
        text = text.replace(between, f"<!-- {name} -->\n{made()}<!-- /{name} -->")
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
