"""Every rule: its words, its examples, and its page."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.rule import CATALOGUE, Family, Rule
from mesh_wasm.fleet.config import read_fleet
from mesh_wasm.fleet.inventory import parse_inventory
from mesh_wasm.fleet.waves import plan_waves
from mesh_wasm.lint import lint
from mesh_wasm.lint.formats import unreadable_finding
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm.rules import checks
from mesh_wasm.rules.effect import _luajit, lua
from mesh_wasm.rules.pages import pages, write
from mesh_wasm.yaml.file import Unreadable, documents
from mesh_wasm_pulumi.offline.run import run_program

assert checks.FAMILIES  # importing it fills the catalogue
RULES = sorted(CATALOGUE.values(), key=lambda rule: rule.id)
ROOT = Path(__file__).parents[2]
_HUNDREDS = {family: str(index) for index, family in enumerate(Family)} | {Family.ADOPTION: "8"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_bad_example_breaks_the_rule(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule is lua.LUA_UNCHECKED:
        monkeypatch.setitem(sys.modules, "lupa.luajit21", None)  # as where the extra is not installed
        _luajit._runtime.cache_clear()
    found = _findings(rule, rule.bad)
    assert rule.id in {finding.rule for finding in found}, "\n".join(map(str, found))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_keeps_all_rules(rule: Rule) -> None:
    found = _findings(rule, rule.good)
    assert [str(one) for one in found if one.rule == rule.id or one.is_error] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_words_are_whole(rule: Rule) -> None:
    assert re.fullmatch(r"MW\d{3}", rule.id)
    assert rule.id[2] == _HUNDREDS[rule.family]
    for sentence in (rule.why, rule.fix):
        assert sentence.endswith((".", "….")), sentence
    assert not rule.title.endswith(".")
    assert rule.source


def test_the_pages_are_current() -> None:
    """Run `make golden` (or `python -m mesh_wasm.rules.pages docs/rules`) and read the difference."""
    if os.environ.get("UPDATE_GOLDEN"):
        write(ROOT / "docs" / "rules")
    written = {path.name: path.read_text() for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert written == pages()


def _findings(rule: Rule, example: str) -> list[Finding]:
    if rule.language == "python":
        return _of_program(example)
    return _of_configuration(example) if "\nfleet:\n" in example else _of_documents(example, rule.inventory, rule.lock)


def _of_configuration(text: str) -> list[Finding]:
    document = yaml.safe_load(text)
    fleet, findings = read_fleet(document["fleet"], "prod", ROOT)
    if "waves" not in document:
        return list(findings)
    return list(plan_waves(fleet.fleet, fleet.config.stacks or {}, **document["waves"])[1])


def _of_documents(text: str, inventory: str, lock: str) -> list[Finding]:
    fleet = parse_inventory(yaml.safe_load(inventory))[0] if inventory else None
    try:
        known = parse_lock(lock) if lock else None
        return [located.finding for located in lint(documents(text, "example.yaml"), fleet, lock=known).findings]
    except Unreadable as problem:
        return [unreadable_finding(problem).finding]


def _of_program(text: str) -> list[Finding]:
    config = {"project:namespace": "east/shop", "project:password": "hunter22"}
    ran = run_program(
        lambda: exec(compile(text, "example.py", "exec"), {}), config=config, secret_keys=tuple(config), preview=False
    )
    assert "Traceback" not in (ran.failure or "")
    return [finding for _, finding in ran.ledger.findings]
