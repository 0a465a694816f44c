"""What people's real failures must be told: each case of cases/EXPECT.yaml, linted as its owner would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm.cli.lint import lint_command

CASES = Path(__file__).parent / "cases"
EXPECTED = yaml.safe_load((CASES / "EXPECT.yaml").read_text())["cases"]
SEVERITIES = ["error", "warning", "info"]

NOT_YET: set[str] = set()
"""Cases that no rule covers yet. Whoever builds the rule takes its case out; at the end the set is empty."""


def run(case: dict[str, Any], form: str) -> Any:
    inventory = ["--inventory", str(CASES / case["inventory"])] if "inventory" in case else []
    return CliRunner().invoke(lint_command, [str(CASES / case["file"]), *inventory, "--format", form])


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_case(case: dict[str, Any]) -> None:
    told = run(case, "json")
    found = json.loads(told.stdout)["findings"]
    text = run(case, "text").output
    problems = list(_missing(case, found, text, told.exit_code))
    if case["file"] in NOT_YET:
        assert problems, "it is covered now: take it out of NOT_YET"
        pytest.skip(f"no rule covers it yet: {problems[0]}")
    assert not problems, "\n".join([*problems, text])


def _missing(case: dict[str, Any], found: list[dict[str, Any]], text: str, code: int) -> Any:
    """What the output lacks, or has too much."""
    if not case.keys() - {"file", "why", "inventory"} and not found:
        yield "nothing is said of it"
    if "says" in case:
        least = SEVERITIES.index(case["severity"])
        words = case["says"]
        if not any(SEVERITIES.index(one["severity"]) <= least and _holds(_sentence(one), words) for one in found):
            yield f"no finding of at least severity {case['severity']} says {words}"
    for any_of in case.get("mentions", ()):
        if not any(word in text for word in any_of):
            yield f"the output mentions none of {any_of}"
    for word in case.get("not_says", ()):
        if word in text:
            yield f"the output says {word}"
    if len(found) > case.get("at_most", len(found)):
        yield f"there are {len(found)} findings, more than {case['at_most']}"
    if case.get("quiet") and (any(one["severity"] == "error" for one in found) or code != 0):
        yield f"it is not quiet: exit code {code}"
    if "exit" in case and code != case["exit"]:
        yield f"the exit code is {code}"


def _sentence(finding: dict[str, Any]) -> str:
    return f"{finding['message']} {finding['fix']}"


def _holds(sentence: str, words: list[list[str]]) -> bool:
    return all(any(word in sentence for word in any_of) for any_of in words)


def test_every_case_is_named_once() -> None:
    names = [case["file"] for case in EXPECTED]
    assert len(names) == len(set(names))
    assert set(names) >= NOT_YET
    there = {path.name for path in CASES.iterdir() if not path.name.startswith("inv-")} - {"EXPECT.yaml"}
    assert set(names) == there
