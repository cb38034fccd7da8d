"""Text reaches Textual in one way: as spans, which have passed the funnel."""

import ast

from tests.source import Module, calls, tree

TAKES_TEXT = {"Content", "Label", "Static", "Button", "notify", "from_markup", "Text"}
"""Calls whose string argument would be drawn."""

FUNNEL = "console/tui/ink.py"


def written_out(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant)


def drawn_strings(module: Module) -> list[str]:
    return [
        f"{module.path}:{node.lineno}"
        for node, name in calls(module)
        if name in TAKES_TEXT
        for argument in node.args[:1]
        if not (written_out(argument) or is_content(argument))
    ]


def is_content(argument: ast.expr) -> bool:
    called = argument.func if isinstance(argument, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in {"content", "Content"}


def test_no_string_that_is_not_written_here_is_given_to_textual() -> None:
    modules = [each for each in tree() if each.path.startswith("console/tui/") and each.path != FUNNEL]
    assert len(modules) > 20
    assert not [found for module in modules for found in drawn_strings(module)]
