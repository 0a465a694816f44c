"""The examples of other languages: the same plan as the quickstart's, and no name that the schema does not have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support.golden import EXAMPLES, ROOT
from support.plugin import Plugin
from support.yamlprogram import YamlProgram

from mesh_wasm_pulumi.offline.run import run_folder

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text())


def manifests(resources: Any) -> dict[tuple[str, str], Any]:
    """The objects of a run by cluster and resource; contents of Secrets left out."""
    found = [one for one in resources.values() if one.custom and one.type.startswith("kubernetes:")]
    return {
        (one.provider.split("::")[-2], one.name): {
            key: value for key, value in one.inputs.items() if key != "stringData"
        }
        for one in found
    }


def test_yaml_example_gives_the_quickstarts_plan(plugin: Plugin) -> None:
    outputs = YamlProgram(EXAMPLES / "yaml", plugin).run()
    made = manifests(plugin.monitor.resources)
    expected = manifests(run_folder(ROOT, "dev").monitor.resources)
    assert made.keys() == expected.keys()
    assert made == expected
    assert len(outputs["plugins"]["shop-services"]["value"]) == 3


def test_typescript_example_uses_what_the_schema_has() -> None:
    """Its types are checked by the TypeScript compiler in tests/engine, against the SDK that Pulumi generates."""
    text = (EXAMPLES / "typescript" / "index.ts").read_text()
    for kind, body in re.findall(r"new wasm\.(\w+)\(\"[\w-]+\", \{\n(.*?)\n\}\);", text, flags=re.S):
        resource = SCHEMA["resources"][f"mesh-wasm:index:{kind}"]
        used = set(re.findall(r"^ {4}(\w+)[:,]", body, flags=re.M))
        assert used <= resource["inputProperties"].keys()
        assert set(resource.get("requiredInputs", ())) <= used
    for name in re.findall(r"wasm\.types\.input\.(\w+)Args", text):
        assert f"mesh-wasm:index:{name}" in SCHEMA["types"]
    for name, member in re.findall(r"wasm\.(\w+)\.([A-Z]\w+)\b", text):
        values = SCHEMA["types"][f"mesh-wasm:index:{name}"]["enum"]
        assert member in [one["name"] for one in values]


def test_typescript_and_yaml_examples_say_the_same() -> None:
    texts = {name: (EXAMPLES / name).joinpath(file).read_text() for name, file in
             {"typescript": "index.ts", "yaml": "Pulumi.yaml"}.items()}  # fmt: skip
    for name in ("acl-check", "acme-registry", "shop-edge", "shop-services"):
        assert all(name in text for text in texts.values())
