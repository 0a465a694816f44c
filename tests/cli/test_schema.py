"""``mesh-wasm schema``: what editors are told agrees with what lint says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from support.golden import ROOT, check_file

from mesh_wasm.cli.schema import schema_command
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.rules import checks
from mesh_wasm.values.marks import UNKNOWN_MARK
from mesh_wasm.yaml.file import Unreadable, documents
from mesh_wasm.yaml.paths import read_paths

assert checks.FAMILIES
NAMES = {"inventory": "inventory", "fleet": "fleet-config", "lock": "lock", "documents": "documents"}
SHAPE = ("MW101", "MW102", "MW103", "MW104")
"""Rules that a schema can hold as well: of WasmPlugins."""


def schema(what: str) -> dict[str, Any]:
    told = CliRunner().invoke(schema_command, [what])
    assert told.exit_code == 0
    document = json.loads(told.output)
    jsonschema.Draft202012Validator.check_schema(document)
    return document  # type: ignore[no-any-return]


def accepts(what: str, value: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema(what)).is_valid(value))


@pytest.mark.parametrize(("what", "file"), NAMES.items())
def test_golden_schema(what: str, file: str) -> None:
    check_file(ROOT / "docs" / f"{file}.schema.json", json.dumps(schema(what), indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize(
    ("id_", "text"), [(one.id, one.good) for one in CATALOGUE.values() if one.language == "yaml" and one.good]
)
def test_what_is_good_is_accepted(id_: str, text: str) -> None:
    for document in documents(text, id_):
        if isinstance(document.value, dict) and "kind" in document.value:
            assert accepts("documents", document.value), document.value


@pytest.mark.parametrize("id_", SHAPE)
def test_what_breaks_a_rule_of_shape_is_refused(id_: str) -> None:
    try:
        values = [document.value for document in documents(CATALOGUE[id_].bad, id_)]
    except Unreadable:
        pytest.fail("the example is no YAML")
    assert not all(accepts("documents", value) for value in values)


def test_all_examples_and_cases_that_are_right_are_accepted() -> None:
    read, _ = read_paths([str(ROOT / "examples")])
    seen = [one.value for one in read if isinstance(one.value, dict) and one.value.get("apiVersion")]
    seen = [one for one in seen if one.get("spec") != UNKNOWN_MARK]
    assert len(seen) > 30
    assert [one for one in seen if not accepts("documents", one)] == []


def test_lock_files_are_accepted() -> None:
    locks = sorted((ROOT / "examples").rglob("mesh-wasm.lock"))
    assert locks
    for path in locks:
        value = json.loads(path.read_text())
        assert accepts("lock", value)
        url = next(iter(value["modules"]))
        del value["modules"][url]["artifact"]["digest"]
        assert not accepts("lock", value)


def test_the_pages_name_the_schemas() -> None:
    page = (Path(ROOT) / "docs" / "lint.md").read_text()
    assert "documents.schema.json" in page
