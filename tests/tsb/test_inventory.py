"""The inventory file: facts, sentences with lines, and its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.inventory import parse_inventory, read_inventory
from mesh_wasm.fleet.inventory_schema import inventory_schema
from mesh_wasm.values.enums import Dialect
from mesh_wasm.yaml.file import Unreadable

SCHEMA = Path(__file__).parents[2] / "docs" / "inventory.schema.json"


def write(folder: Path, text: str) -> Path:
    path = folder / "clusters.yaml"
    path.write_text(text)
    return path


def test_every_fact(tmp_path: Path) -> None:
    fleet, findings = read_inventory(
        write(
            tmp_path,
            """
clusters:
  east:
    labels: {env: prod}
    istioVersion: "1.27"
    namespaces: [edge, shop]
    dialect: asm
    rootNamespace: mesh-root
    revision: canary
  west:
""",
        )
    )
    assert findings == ()
    assert fleet.names == ["east", "west"]
    east, west = fleet
    assert (east.labels, east.version, east.namespaces) == ({"env": "prod"}, (1, 27), ["edge", "shop"])
    assert (east.dialect, east.root_namespace, east.revision) == (Dialect.ASM, "mesh-root", "canary")
    assert west == Cluster(name="west")


@pytest.mark.parametrize(
    ("text", "line", "path", "says"),
    [
        ("[]", 1, "", "an inventory is a mapping"),
        ("{}", 1, "clusters", "at least one cluster"),
        ("clusters: {}", 1, "clusters", "at least one cluster"),
        ("clusters: [east]", 1, "clusters", "at least one cluster"),
        ("cluster:\n  east: {}", 1, "cluster", "did you mean 'clusters'?"),
        ("clusters:\n  east:\n    lables: {a: b}", 3, "clusters.east.lables", "did you mean 'labels'?"),
        ("clusters:\n  east: 1.27", 2, "clusters.east", "the facts of a cluster are a mapping."),
        (
            "clusters:\n  east:\n    istioVersion: 1.30",
            3,
            "clusters.east.istioVersion",
            'Write "1.3" or "1.30", in quotes',
        ),
        ("clusters:\n  east:\n    istioVersion: new", 3, "clusters.east.istioVersion", "no version of Istio"),
        ("clusters:\n  east:\n    dialect: ISTIO", 3, "clusters.east.dialect", "not one of 'istio' or 'asm'"),
        ("clusters:\n  east:\n    labels: {a: 1}", 3, "clusters.east.labels.a", "expected a text"),
        ("clusters:\n  east:\n    namespaces: [a, B]", 3, "clusters.east.namespaces[1]", "no namespace name"),
        ("clusters:\n  east:\n    namespaces:\n    - a\n    - a", 5, "clusters.east.namespaces[1]", "listed twice"),
        ("clusters:\n  east:\n    rootNamespace: a_b", 3, "clusters.east.rootNamespace", "no namespace name"),
        ("clusters:\n  east:\n    revision: a b", 3, "clusters.east.revision", "no value of a label"),
        ("clusters:\n  ../up: {}", 2, 'clusters["../up"]', "no name for a cluster"),
        ("clusters:\n  east:\n    name: west", 3, "clusters.east.name", "its key in clusters"),
    ],
)
def test_findings_have_lines(tmp_path: Path, text: str, line: int, path: str, says: str) -> None:
    _, findings = read_inventory(write(tmp_path, text))
    assert (findings[0].line, findings[0].finding.where) == (line, path)
    assert findings[0].finding.is_error
    assert says in str(findings[0])
    assert str(findings[0]).startswith(f"{tmp_path}/clusters.yaml:{line}: error: ")


def test_all_problems_at_once_and_good_clusters_stay() -> None:
    fleet, findings = parse_inventory({"clusters": {"a": {"dialect": "x", "revision": 1}, "b": {}, "c": {"d": 1}}})
    assert fleet.names == ["b"]
    assert len(findings) == 3


@pytest.mark.parametrize("text", ["", "clusters: {a: }\n---\nclusters: {b: }", "clusters: ["])
def test_unreadable(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable):
        read_inventory(write(tmp_path, text))


def test_schema_file_is_the_model_s() -> None:
    assert json.loads(SCHEMA.read_text()) == inventory_schema(), (
        "run: python -m mesh_wasm.fleet.inventory_schema > docs/inventory.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(inventory_schema())


@pytest.mark.parametrize(
    "text",
    [
        "clusters: {east: {labels: {env: prod}, istioVersion: '1.27', namespaces: [a], dialect: asm}}",
        "clusters: {east: }",
        "clusters: {}",
        "clusters: [east]",
        "cluster: {east: }",
        "clusters: {east: 1}",
        "clusters: {east: {lables: {}}}",
        "clusters: {east: {istioVersion: 1.30}}",
        "clusters: {east: {dialect: ISTIO}}",
        "clusters: {east: {labels: {a: 1}}}",
        "clusters: {east: {namespaces: a}}",
    ],
)
def test_schema_and_reader_agree(text: str) -> None:
    document: Any = yaml.safe_load(text)
    accepted = jsonschema.Draft202012Validator(inventory_schema()).is_valid(document)
    assert accepted == (parse_inventory(document)[1] == ())
