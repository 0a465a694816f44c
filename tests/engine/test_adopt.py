"""`mesh-wasm adopt` on a true engine and API servers: what exists is taken over, and nothing of it is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mesh.cluster import Cluster

from .conftest import MakeStack
from .existing import Owners, imported, mesh_wasm, settle, versions
from .folder import own_plugin
from .stack import PLUGIN, Stack

pytestmark = pytest.mark.engine


class Adoption:
    """Two namespaces full of plugins, a program that adopts them, and a stack of it."""

    def __init__(self, folder: Path, stack: Stack, *options: str) -> None:
        self.clusters = tuple(stack.clusters.values())
        self.edge, self.shop = stack.wanted["namespaces"]
        self.stack = stack
        self.project = folder / "life"
        sources = []
        self.owners = [Owners(cluster, folder) for cluster in self.clusters]
        for owners in self.owners:
            settle(owners, self.edge, self.shop, nulls="yaml" not in options)
            sources.append(f"{owners.cluster.name}={self._printed(owners, folder)}")
        self.before = self.versions()
        self.said = mesh_wasm("adopt", *sources, "--out", str(self.project), "--stack", "dev", *options)

    def versions(self) -> dict[tuple[str, ...], tuple[Any, ...]]:
        """What would change if anything was touched."""
        return versions(self.clusters, self.edge, self.shop)

    def imported(self) -> Stack:
        """The stack, after the commands that adopt names."""
        return imported(self.stack, self.project)

    def _printed(self, owners: Owners, folder: Path) -> Path:
        file = folder / f"{owners.cluster.name}.yaml"
        texts = [
            owners.kubectl(
                "get", "wasmplugins,trafficextensions", "-n", namespace, "-o", "yaml", "--show-managed-fields"
            )
            for namespace in (self.edge, self.shop)
        ]
        file.write_text("---\n".join(texts))
        return file


@pytest.fixture
def adoption(make_stack: MakeStack, two_clusters: tuple[Cluster, Cluster], tmp_path: Path) -> Adoption:
    return Adoption(tmp_path, make_stack(*two_clusters))


def test_nothing_changes_and_nothing_is_touched(adoption: Adoption) -> None:
    assert len(adoption.before) == 12
    stack = adoption.imported()
    assert adoption.versions() == adoption.before, "an import reads, if anything"

    assert stack.preview("--diff", "--expect-no-changes").good().changes == {}
    assert stack.preview("--refresh", "--expect-no-changes").good().changes == {}
    assert stack.up().good().changes == {}
    assert adoption.versions() == adoption.before
    assert len([one for one in stack.resources() if one["type"].startswith("kubernetes:ext")]) == 12

    stack.refresh().good()
    assert stack.preview("--expect-no-changes").good().changes == {}
    assert adoption.versions() == adoption.before


def edit(stack: Stack, old: str, new: str) -> None:
    """Change the program, everywhere."""
    file = stack.folder / "program" / "__main__.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_first_change_meets_the_former_owners_and_takes_over_once(
    make_stack: MakeStack, cluster: Cluster, tmp_path: Path
) -> None:
    adoption = Adoption(tmp_path, make_stack(cluster))
    stack = adoption.imported()

    edit(stack, '"mode": "enforce"', '"mode": "audit"')
    refused = stack.up("--skip-preview", "--continue-on-error").bad()
    assert 'conflict with "helm"' in refused.output
    assert "`pulumi up` once with PULUMI_K8S_ENABLE_PATCH_FORCE=true" in " ".join(refused.output.split())

    stack.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"
    stack.up().good()
    del stack.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"]
    changed = {place[3] for place, found in adoption.versions().items() if found[0] == adoption.before[place][0] + 1}
    assert changed == {"by-apply", "by-server-side-apply", "by-create", "by-helm"}
    assert {place: found[2] for place, found in adoption.versions().items()} == {
        place: found[2] for place, found in adoption.before.items()
    }, "none was made anew"

    edit(stack, '"mode": "audit"', '"mode": "enforce"')
    stack.up().good()
    assert stack.preview("--refresh", "--expect-no-changes").good().changes == {}


def test_a_plugin_that_is_adopted_no_longer_gets_what_all_have(
    make_stack: MakeStack, cluster: Cluster, tmp_path: Path
) -> None:
    adoption = Adoption(tmp_path, make_stack(cluster), "--raw")
    stack = adoption.imported()
    assert stack.preview("--expect-no-changes").good().changes == {}

    edit(stack, '"adopted": True,', '"adopted": False,')
    assert "had an apply conflict" in stack.preview().bad().output, "a preview says so already"
    stack.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"
    assert set(stack.preview().good().steps(PLUGIN)) == {"update"}
    stack.up().good()
    found = cluster.api.get("extensions.istio.io/v1alpha1", "WasmPlugin", "by-create", adoption.shop).accepted()
    assert found["spec"]["priority"] == 0
    assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "mesh-wasm"
    assert found["metadata"]["uid"] == adoption.before[cluster.name, "WasmPlugin", adoption.shop, "by-create"][2]


def test_the_same_in_yaml(make_stack: MakeStack, cluster: Cluster, tmp_path: Path) -> None:
    adoption = Adoption(tmp_path, make_stack(cluster), "--language", "yaml", "--package", str(own_plugin(tmp_path)))
    stack = adoption.imported()
    assert stack.preview("--diff", "--expect-no-changes").good().changes == {}
    assert stack.up().good().changes == {}
    assert adoption.versions() == adoption.before


def test_what_changed_in_the_meantime_is_shown(make_stack: MakeStack, cluster: Cluster, tmp_path: Path) -> None:
    adoption = Adoption(tmp_path, make_stack(cluster))
    cluster.api.delete("extensions.istio.io/v1alpha1", "WasmPlugin", "by-create", adoption.shop)
    adoption.owners[0].kubectl(
        "patch", "wasmplugin", "by-apply", "-n", adoption.shop, "--type=merge", "-p", '{"spec":{"priority":11}}'
    )
    stack = adoption.imported()
    shown = stack.preview("--refresh", "--expect-no-changes").bad()
    assert "by-create" in shown.output
    assert "by-apply" in shown.output


def test_an_engine_that_takes_no_state_from_the_file(make_stack: MakeStack, cluster: Cluster, tmp_path: Path) -> None:
    """Before Pulumi 3.254, inputs and outputs in the file were passed over."""
    adoption = Adoption(tmp_path, make_stack(cluster))
    file = adoption.project / "import.json"
    document = json.loads(file.read_text())
    for resource in document["resources"]:
        resource.pop("outputs", None)
        resource.pop("inputs", None)
    file.write_text(json.dumps(document))
    stack = adoption.imported()
    assert set(stack.preview().good().steps(PLUGIN)) == {"update"}, "nothing but name and namespace was read"
    stack.up().good()
    for place, (generation, version, uid) in adoption.versions().items():
        before = adoption.before[place]
        assert (generation, uid) == (before[0], before[2])
        assert version != before[1], "a field manager was added"
