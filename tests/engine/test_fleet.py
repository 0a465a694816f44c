"""The fleet of the configuration on real API servers: two stacks of one program, each with its own cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from mesh.cluster import Cluster
from mesh.fixtures import MakeNamespace

from .folder import ROOT, Folder

pytestmark = [pytest.mark.engine, pytest.mark.cluster]


def plugins(cluster: Cluster, namespace: str) -> list[str]:
    found = cluster.api.list("extensions.istio.io/v1alpha1", "WasmPlugin", namespace)
    return sorted(one["metadata"]["name"] for one in found)


def test_each_stack_writes_to_its_own_cluster(
    tmp_path: Path, two_clusters: tuple[Cluster, Cluster], make_namespace: MakeNamespace
) -> None:
    first, second = two_clusters
    namespaces = {first.name: make_namespace(first), second.name: make_namespace(second)}
    folder = Folder(tmp_path, ROOT / "examples" / "waves")
    waves = {first.name: "canary", second.name: "prod"}
    clusters = {name: {"labels": {"wave": waves[name]}, "namespaces": ["edge", namespaces[name]]} for name in waves}
    fleet = {
        "clusters": clusters,
        "stacks": {"canary": {"labels": {"wave": "canary"}}, "prod": {"names": [second.name]}},
        # The context that the test servers' kubeconfigs have.
        "contexts": {one.name: yaml.safe_load(one.kubeconfig.read_text())["current-context"] for one in two_clusters},
    }
    (folder.path / "fleet.yaml").write_text(yaml.safe_dump(fleet))
    selector = ", ".join(f'"*/{namespace}"' for namespace in namespaces.values())
    folder.edit("__main__.py", '"*/shop"', selector)
    # The example's gateway stands in a namespace that these servers do not have.
    start = (folder.path / "__main__.py").read_text()
    (folder.path / "__main__.py").write_text(_without_gateway(start))
    for stack, cluster in (("canary", first), ("prod", second)):
        folder.pulumi("stack", "init", stack).good()
        text = cluster.kubeconfig.read_text()
        folder.pulumi("config", "set", "--secret", f"kubeconfig-{cluster.name}", text, "--stack", stack).good()

    said = folder.run(sys.executable, "rollout.py")
    logs = "\n".join(path.read_text()[-3000:] for path in (folder.path / "logs").glob("*.log"))
    assert said.code == 0, f"{said.text}\n{logs}"
    assert [plugins(one, namespaces[one.name]) for one in two_clusters] == [["services-acl-check-c2bf7b"]] * 2

    # Destroying one stack leaves the other's cluster alone.
    folder.pulumi("destroy", "--yes", "--stack", "canary").good()
    assert plugins(first, namespaces[first.name]) == []
    assert plugins(second, namespaces[second.name]) == ["services-acl-check-c2bf7b"]
    folder.pulumi("destroy", "--yes", "--stack", "prod").good()
    assert plugins(second, namespaces[second.name]) == []


def _without_gateway(program: str) -> str:
    begin, end = program.index("edge = wasm."), program.index("services = wasm.")
    return (program[:begin] + program[end:]).replace('"shop-edge": edge.plugins, ', "")
