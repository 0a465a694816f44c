"""Other instances of the kinds of failures in cases/, and near misses: what is found is exactly what is written there.

They differ in names, namespaces, kinds of workloads, forms of documents and versions, so that a rule that fits one file only
does not pass; and half of them are set-ups that work, of which nothing may be said.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm.cli.lint import lint_command

CASES = yaml.safe_load(Path(__file__).with_name("variants.yaml").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_variant(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / f"case.{case.get('ending', 'yaml')}"
    file.write_text(case["text"])
    words = [str(file), "--format", "json"]
    if "inventory" in case:
        inventory = tmp_path / "fleet" / "inventory.yaml"
        inventory.parent.mkdir()
        inventory.write_text(yaml.safe_dump(case["inventory"]))
        words += ["--inventory", str(inventory)]
    told = CliRunner().invoke(lint_command, words)
    found = json.loads(told.stdout)["findings"]
    heavy = sorted({f"{one['severity']} {one['rule']}" for one in found if one["severity"] != "info"})
    assert heavy == case["found"], told.stdout
    assert told.exit_code == any(one["severity"] == "error" for one in found)


def test_there_are_as_many_that_work_as_that_fail() -> None:
    quiet = sum(not case["found"] for case in CASES)
    assert 0.3 < quiet / len(CASES) < 0.7
