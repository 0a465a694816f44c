"""The package's schema: what every other language sees of us."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pytest
from support.plugin import Plugin

from mesh_wasm import __version__
from mesh_wasm_pulumi.provider import COMPONENTS
from mesh_wasm_pulumi.tokens import token

GOLDEN = Path(__file__).parent / "schema.json"


@pytest.fixture(scope="module")
def schema(process: Plugin) -> dict[str, Any]:
    return process.schema()


def test_schema_is_the_golden_one(schema: dict[str, Any]) -> None:
    """Run with UPDATE_GOLDEN=1 to accept a change: every difference is one that users of other languages will see."""
    kubernetes = installed("pulumi-kubernetes")
    text = json.dumps(schema, indent=2, sort_keys=True).replace(kubernetes, "<pulumi-kubernetes>") + "\n"
    text = text.replace(f'"version": "{__version__}"', '"version": "<mesh-wasm>"')
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_version_comes_from_one_place(schema: dict[str, Any]) -> None:
    assert schema["version"] == __version__


def test_tokens_are_those_of_the_components(schema: dict[str, Any]) -> None:
    assert set(schema["resources"]) == {token(component.__name__) for component in COMPONENTS}


def test_every_property_is_described(schema: dict[str, Any]) -> None:
    assert [path for path, text in _descriptions(schema) if not text] == []


def test_types_are_described(schema: dict[str, Any]) -> None:
    assert [
        name for name, one in {**schema["resources"], **schema["types"]}.items() if not one.get("description")
    ] == []


def test_providers_are_references_into_the_kubernetes_package(schema: dict[str, Any]) -> None:
    ref = schema["types"]["mesh-wasm:index:Cluster"]["properties"]["provider"]["$ref"]
    assert ref.endswith("schema.json#/resources/pulumi:providers:kubernetes")
    assert [one["name"] for one in schema["dependencies"]] == ["kubernetes"]


def _descriptions(schema: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    for name, one in {**schema["resources"], **schema["types"]}.items():
        for key, prop in {**one.get("inputProperties", {}), **one.get("properties", {})}.items():
            yield f"{name}.{key}", prop.get("description")
