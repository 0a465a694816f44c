"""SARIF by the schema that GitHub checks it with; the schema comes from Microsoft's package at npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from mesh_wasm.cli.lint import lint_command
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.rules import checks

assert checks.FAMILIES
pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(shutil.which("npm") is None, reason="no npm, from which the schema of SARIF comes"),
]
PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sarif")
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")
    return json.loads(found.read_text())  # type: ignore[no-any-return]


def test_every_rule_gives_valid_sarif(schema: dict[str, Any], tmp_path: Path) -> None:
    validator = jsonschema.validators.validator_for(schema)(schema)
    for rule in CATALOGUE.values():
        if rule.language == "yaml" and rule.bad:
            (tmp_path / f"{rule.id}.yaml").write_text(rule.bad)
    (tmp_path / "chart").mkdir()
    log = json.loads(CliRunner().invoke(lint_command, [str(tmp_path), "--format", "sarif"]).stdout)
    results = log["runs"][0]["results"]
    assert len(results) > 100
    assert any("fixes" in one for one in results)
    assert [error.message for error in validator.iter_errors(log)] == []
    for one in results:  # what GitHub asks for beyond the schema
        assert one["message"]["text"]
        assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
