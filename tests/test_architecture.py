"""The rules of the house hold in the whole tree, and each of them can see what it forbids."""

import re
from pathlib import Path

import pytest

from tests import house_rules
from tests.house_rules import RULES, Rule
from tests.source import ROOT, contracts, layers, lies_in, parse, planned, top_level, tree

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name.replace(" ", "_"))


@every_rule
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    found = [module for module in tree() if lies_in(module.path, rule.where) and not lies_in(module.path, rule.outside)]
    expected = not all(lies_in(place, planned()) for place in rule.where)
    assert found or not expected, f"{rule.name}: there is no module in {rule.where}, so nothing was examined"
    breaches = [f"{module.path}:{getattr(node, 'lineno', 1)}" for module in found for node in rule.breaches(module)]
    assert not breaches, f"{rule.name}, but not in: {', '.join(breaches)}"


@every_rule
def test_the_rule_sees_what_it_forbids(rule: Rule) -> None:
    assert list(rule.breaches(parse(rule.bad, path=rule.bad_path)))


def test_the_rule_about_sql_sees_a_string_in_pieces() -> None:
    for text in ('x = ("SELECT 1 "\n "FROM t")', 'x = f"""\nSELECT {y}\nFROM t"""'):
        assert list(house_rules.long_sql(parse(text, path="x.py")))


@pytest.mark.parametrize("place", sorted({place for rule in RULES for place in rule.where}))
def test_every_place_a_rule_names_exists_or_is_planned(place: str) -> None:
    assert (ROOT / place).exists() or lies_in(place, planned())


def test_a_layer_is_optional_only_while_it_does_not_exist() -> None:
    existing = top_level()
    assert "core" in existing
    assert layers() == {name: name not in existing for name in layers()}


@pytest.mark.parametrize(("package", "knowing"), [("textual", {"tui", "cli", "__main__"}), ("psycopg", {"databases"})])
def test_a_contract_that_forbids_a_package_names_all_others(package: str, knowing: set[str]) -> None:
    (contract,) = [each for each in contracts() if package in each.get("forbidden_modules", [])]
    assert set(contract["source_modules"]) == {f"console.{name}" for name in top_level() - knowing}


def test_no_contract_has_an_exception() -> None:
    assert contracts()
    assert not [contract["name"] for contract in contracts() if "ignore_imports" in contract]


def test_the_colours_of_a_stylesheet_are_variables_of_the_theme() -> None:
    literal = re.compile(r":[^;{}]*#[0-9a-fA-F]{6}\b[^;{}]*;")
    assert literal.search("Screen { background: #a1b2c3; }")
    assert not [str(sheet) for sheet in stylesheets() if literal.search(sheet.read_text(encoding="utf-8"))]


def test_a_stylesheet_is_beside_the_module_it_is_for() -> None:
    assert not [str(sheet) for sheet in stylesheets() if not sheet.with_suffix(".py").exists()]


def stylesheets() -> list[Path]:
    sheets = sorted((ROOT / "console/tui").rglob("*.tcss"))
    assert sheets or lies_in("console/tui", planned())
    return sheets
