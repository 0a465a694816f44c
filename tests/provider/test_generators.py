"""What the generators of each language make of the schema, without an engine: each fault that was measured has its test.

`pulumi schema check` finds none of them. tests/engine compiles what is generated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.plugin import Plugin

ANY = "pulumi.json#/Any"


@pytest.fixture(scope="module")
def schema(process: Plugin) -> dict[str, Any]:
    return process.schema()


def refs(value: Any) -> Iterator[str]:
    """All references inside a value."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from refs(item)


def reached(schema: dict[str, Any], part: str) -> set[str]:
    """The types that the inputs or the outputs of the resources lead to."""
    found: set[str] = set()
    todo = [ref for resource in schema["resources"].values() for ref in refs(resource.get(part, {}))]
    while todo:
        ref = todo.pop()
        if ref.startswith("#/types/") and ref not in found:
            found.add(ref)
            todo += refs(schema["types"][ref.removeprefix("#/types/")])
    return found


def everything(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**schema["resources"], **schema["types"]}


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Owner, name and declaration of every property."""
    for owner, one in everything(schema).items():
        for part in ("inputProperties", "properties"):
            for name, prop in one.get(part, {}).items():
                yield owner.rpartition(":")[2], name, prop


def test_what_travels_from_outputs_to_inputs_has_no_type_of_ours(schema: dict[str, Any]) -> None:
    """Of one type, generators make a class for outputs and another for inputs: in C#, Java and Python they do not fit. And
    YAML finds no enumeration assignable to itself."""
    assert reached(schema, "properties") & reached(schema, "inputProperties") == set()
    extension = schema["types"]["mesh-wasm:index:AttachedExtension"]["properties"]["extension"]
    assert (
        extension["$ref"]
        == schema["resources"]["mesh-wasm:index:WasmExtension"]["properties"]["definition"]["$ref"]
        == ANY
    )
    secret = schema["resources"]["mesh-wasm:index:WasmExtension"]["inputProperties"]["pullSecret"]
    assert (
        secret["$ref"] == schema["resources"]["mesh-wasm:index:PullSecret"]["properties"]["definition"]["$ref"] == ANY
    )


def test_no_type_is_left_that_nothing_leads_to(schema: dict[str, Any]) -> None:
    used = reached(schema, "properties") | reached(schema, "inputProperties")
    assert {f"#/types/{name}" for name in schema["types"]} == used


def test_no_type_refers_to_a_resource_of_ours(schema: dict[str, Any]) -> None:
    """Python: the modules of types and of resources would import each other, and fail."""
    assert [ref for ref in refs(schema) if ref.startswith("#/resources")] == []


def test_go_makes_the_input_types_that_stand_in_plain_lists_and_maps_only(schema: dict[str, Any]) -> None:
    """Go: ClusterArgs and AttachedExtensionArgs were used, and not generated."""
    held = [
        prop[part]["$ref"]
        for _, _, prop in properties(schema)
        for part in ("items", "additionalProperties")
        if prop.get("plain") and prop.get(part, {}).get("$ref", "").startswith("#/types/")
    ]
    assert "#/types/mesh-wasm:index:Cluster" in held
    assert schema["language"]["go"]["generateExtraInputTypes"] is True
    assert schema["language"]["go"]["generateResourceContainerTypes"] is True


def test_csharp_and_java_find_the_providers_of_other_packages(schema: dict[str, Any]) -> None:
    """C#: MeshWasm.Kubernetes.Provider was looked for, and the project did not refer to Pulumi.Kubernetes."""
    packages = {ref.rpartition(":")[2] for ref in refs(schema) if "pulumi:providers:" in ref}
    assert packages == {"kubernetes"} == {one["name"] for one in schema["dependencies"]}
    csharp, java = schema["language"]["csharp"], schema["language"]["java"]
    assert csharp["rootNamespace"] == "Pulumi"
    assert csharp["packageReferences"].keys() == {"Pulumi", *(f"Pulumi.{name.title()}" for name in packages)}
    assert java["basePackage"] == "com.pulumi"
    assert java["dependencies"] == {f"com.pulumi:{one['name']}": one["version"] for one in schema["dependencies"]}


def test_names_of_enumerations_read_well_in_each_language(schema: dict[str, Any]) -> None:
    """PluginPhaseAsmRouter in Go, PluginPhase.AsmRouter in C#, Java and TypeScript, PluginPhase.ASM_ROUTER in Python."""
    made: list[str] = []
    for token, one in everything(schema).items():
        made.append(token.rpartition(":")[2])
        for value in one.get("enum", ()):
            assert re.fullmatch(r"([A-Z][a-z0-9]+)+", value["name"]), value["name"]
            made.append(made[-1 - one["enum"].index(value)] + value["name"])
    assert len({name.lower() for name in made}) == len(made), "Go has all of them in one package"


def test_no_property_is_called_like_its_type(schema: dict[str, Any]) -> None:
    """C#: a member must not be called like the class that holds it."""
    assert [(owner, name) for owner, name, _ in properties(schema) if name[0].upper() + name[1:] == owner] == []


def test_secret_values_are_marked(schema: dict[str, Any]) -> None:
    marked = {(owner, name) for owner, name, prop in properties(schema) if prop.get("secret")}
    assert marked == {
        ("PullSecret", "password"),
        ("PullSecret", "dockerConfigJson"),
        ("PullSecret", "definition"),
        ("RegistryCredentials", "password"),
    }


def test_descriptions_hold_in_every_language(schema: dict[str, Any]) -> None:
    texts = re.findall(r'"description": ("(?:[^"\\]|\\.)*")', json.dumps(schema))
    assert len(texts) > 150
    for text in map(json.loads, texts):
        assert "Python" not in text
        assert "other languages" not in text
        assert "``" not in text
        assert re.findall(r"(?<![A-Za-z_])(?!envoy_)[a-z]+_[a-z_]+", text) == [], text


def test_descriptions_of_properties_are_one_line(schema: dict[str, Any]) -> None:
    assert [(owner, name) for owner, name, prop in properties(schema) if "\n" in prop["description"]] == []
    assert [(owner, name) for owner, name, prop in properties(schema) if "  " in prop["description"]] == []
