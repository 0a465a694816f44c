"""The way of docs/existing-mesh.md on a true engine: two clusters, one filled by hand with 200 objects of all kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh.cluster import Cluster
from mesh.credentials import write_private
from snapshot.filled import CANARIES, CANARY, fill, secret, wasm_plugin

from .conftest import MakeStack
from .existing import API_VERSION, imported, mesh_wasm, plugin, versions

pytestmark = pytest.mark.engine
NAMESPACES = tuple(f"hand-{index:02}" for index in range(13))


@pytest.fixture
def mesh() -> Iterator[tuple[Cluster, Cluster]]:
    with Cluster.start("east") as east, Cluster.start("west") as west:
        yield east, west


def _drift(program: Path, kubeconfig: Path, code: int) -> dict[str, list[dict[str, Any]]]:
    contexts = ("--context", "east", "--context", "west", "--kubeconfig", str(kubeconfig))
    said = mesh_wasm("drift", str(program), "--stack", "dev", *contexts, "--format", "json", code=code)
    found: dict[str, list[dict[str, Any]]] = json.loads(said)["clusters"]
    return found


def test_what_was_made_by_hand_is_taken_over_and_watched(
    make_stack: MakeStack, mesh: tuple[Cluster, Cluster], tmp_path: Path
) -> None:
    east, west = mesh
    objects = fill(east.api, len(NAMESPACES))
    assert len(objects) >= 200
    west.create_namespace("hand-00")
    pull = json.dumps({"auths": {"registry.acme.io": {"username": "u", "password": CANARY}}})
    west.api.apply(secret("pull", "hand-00", "kubernetes.io/dockerconfigjson", {".dockerconfigjson": pull})).accepted()
    west.api.apply(plugin("acl", "hand-00", wasm_plugin(20)), manager="helm").accepted()
    stack = make_stack(east, west)
    both = [yaml.safe_load(cluster.kubeconfig.read_text()) for cluster in mesh]
    kubeconfig = tmp_path / "kubeconfig"
    merged = {**both[0], **{key: both[0][key] + both[1][key] for key in ("clusters", "users", "contexts")}}
    write_private(kubeconfig, yaml.safe_dump(merged))

    files = {name: tmp_path / "mesh" / f"{name}.yaml" for name in ("east", "west")}
    told = [
        mesh_wasm("snapshot", "--context", name, "--kubeconfig", str(kubeconfig), "--out", str(file))
        for name, file in files.items()
    ]
    project = tmp_path / "life"
    sources = [f"{name}={file}" for name, file in files.items()]
    told.append(mesh_wasm("adopt", *sources, "--out", str(project), "--stack", "dev"))
    before = versions(mesh, *NAMESPACES)
    assert len(before) == 14
    imported(stack, project)
    assert stack.preview("--diff", "--expect-no-changes").good().changes == {}
    assert stack.up().good().changes == {}
    assert versions(mesh, *NAMESPACES) == before

    program = stack.folder / "program"
    by_hand = [("foreign", f"EnvoyFilter {namespace}/by-hand") for namespace in NAMESPACES]
    found = _drift(program, kubeconfig, 1)
    assert [(one["kind"], one["subject"]) for one in found["east"]] == by_hand, "nobody orders these among plugins"
    assert found["west"] == []
    east.api.delete(API_VERSION, "WasmPlugin", "acl", "hand-03").accepted()
    edited = {**wasm_plugin(20), "pluginConfig": {"allow": ["/health"]}}
    west.api.apply(plugin("acl", "hand-00", edited), manager="kubectl-edit").accepted()
    found = _drift(program, kubeconfig, 1)
    assert [(one["kind"], one["subject"]) for one in found["east"]] == [
        ("missing", "WasmPlugin hand-03/acl"),
        *by_hand,
    ]
    assert [(one["kind"], one["path"], one["by"].split(" ")[0]) for one in found["west"]] == [
        ("changed", "spec.pluginConfig.allow[0]", "kubectl-edit")
    ]

    written = [*files.values(), *(path for path in project.rglob("*") if path.is_file()), *stack.files()]
    told += [file.read_text(errors="replace") for file in written]
    assert [canary for canary in CANARIES for text in told if canary in text] == []
