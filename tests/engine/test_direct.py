"""TSB's direct mode on a real engine, from Python and from YAML: groups come before their plugins, and go after them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .folder import Folder
from .languages import YAML

pytestmark = pytest.mark.engine

FACTS = 'istioVersion: "1.27"\n      namespaces: [edge, shop, pay]'
ATTACHMENT = "  shop-edge:\n    type: mesh-wasm:IngressGatewayAttachment"


def groups(folder: Folder) -> set[str]:
    """The namespaces whose groups are written."""
    return {name.split("-mesh-wasm-")[1].rpartition("-")[0] for name in folder.rendered() if "-group-" in name}


def test_groups_come_and_go_with_the_plugins_of_yaml(tmp_path: Path) -> None:
    folder = YAML.folder(tmp_path)
    folder.edit("Pulumi.yaml", FACTS, f"tsbDirect: true\n      {FACTS}")
    shown = folder.pulumi("preview", "--json").good().text
    steps = json.loads(shown[shown.index("{") :])["steps"]
    assert sum("istiointernal.tsb.tetrate.io/v2:Group" in step["urn"] for step in steps if step["op"] == "create") == 3
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert groups(folder) == {"edge", "shop", "pay"}
    assert "Resources:" in folder.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").good().text
    state = json.loads(folder.pulumi("stack", "export").good().text)["deployment"]["resources"]
    of = {one["urn"]: one for one in state}
    plugins = [one for one in state if one["type"].endswith(":WasmPlugin") and "-east-" in one["urn"]]
    assert len(plugins) == 3
    for plugin in plugins:
        (needed,) = [of[urn] for urn in plugin["dependencies"] if urn.partition("::Group::")[1] or ":Group::" in urn]
        annotations = plugin["inputs"]["metadata"]["annotations"]
        assert needed["inputs"]["metadata"]["name"] == annotations["tsb.tetrate.io/istioInternalGroup"]
    text = (folder.path / "Pulumi.yaml").read_text()
    start, end = text.index(ATTACHMENT), text.index("  shop-services:\n    type")
    (folder.path / "Pulumi.yaml").write_text(
        (text[:start] + text[end:]).replace("    shop-edge: ${shop-edge.plugins}\n", "")
    )
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert groups(folder) == {"shop", "pay"}
    folder.pulumi("destroy", "--yes", "--skip-preview").good()
    assert folder.rendered() == set()
