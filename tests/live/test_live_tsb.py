"""From TSB YAML through `mesh-wasm translate` to a request."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster

from mesh_wasm_pulumi.cli import main

from .stage import TENANT, MakeStage, Modules, chain, names, until

pytestmark = pytest.mark.live

ORGANIZATION, TENANT_NAME = TENANT.split("/")[1], TENANT.split("/")[3]


def tsb(kind: str, name: str, spec: Object, group: str = "extension") -> Object:
    below = {} if kind == "WasmExtension" else {"tenant": TENANT_NAME, "workspace": "web", "group": "edge"}
    if kind == "Workspace":
        below = {"tenant": TENANT_NAME}
    metadata = {"organization": ORGANIZATION, **below, "name": name}
    return {"apiVersion": f"{group}.tsb.tetrate.io/v2", "kind": kind, "metadata": metadata, "spec": spec}


def test_tsb_yaml_becomes_the_same_chain_in_both_clusters(
    make_stage: MakeStage, two_clusters: tuple[Cluster, Cluster], modules: Modules, tmp_path: Path
) -> None:
    """A tie by FQN, an attachment's config, an environment, and a pull secret that TSB expects to be there."""
    stage = make_stage(*two_clusters)
    image = stage.registry.push("filters/tsb", modules("v1"))
    env = {"env": [{"name": "ZONE", "valueFrom": "INLINE", "value": "blue"}]}
    common: Object = {"url": image.url, "phase": "AUTHZ", "imagePullSecret": "tsb-registry", "priority": 7}
    fqns = [f"organizations/{ORGANIZATION}/extensions/{name}" for name in ("tsb-b", "tsb-a")]
    documents = [
        tsb("WasmExtension", "tsb-a", {**common, "config": {"name": "tsb-a", "mode": "general"}}),
        tsb("WasmExtension", "tsb-b", {**common, "config": {"name": "tsb-b"}, "vmConfig": env}),
        tsb(
            "IngressGateway",
            "shop",
            {
                "workloadSelector": {"namespace": stage.namespace, "labels": stage.labels},
                "extension": [{"fqn": fqns[0]}, {"fqn": fqns[1], "config": {"name": "tsb-a", "mode": "own"}}],
            },
            "gateway",
        ),
        tsb("Workspace", "web", {"namespaceSelector": {"names": [f"*/{stage.namespace}"]}}, "api"),
        tsb("Group", "edge", {"namespaceSelector": {"names": [f"*/{stage.namespace}"]}}, "gateway"),
    ]
    documents[-1]["metadata"] = {
        "organization": ORGANIZATION,
        "tenant": TENANT_NAME,
        "workspace": "web",
        "name": "edge",
    }
    (tmp_path / "tsb.yaml").write_text(yaml.safe_dump_all(documents))
    inventory = {"clusters": {cluster.name: {"namespaces": [stage.namespace]} for cluster in two_clusters}}
    (tmp_path / "clusters.yaml").write_text(yaml.safe_dump(inventory))
    words = ["translate", str(tmp_path / "tsb.yaml"), "--inventory", str(tmp_path / "clusters.yaml")]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output

    for cluster in two_clusters:
        secret = stage.registry.pull_secret("tsb-registry", stage.namespace)
        written = [yaml.safe_load(file.read_text()) for file in (tmp_path / "out" / cluster.name).rglob("*.yaml")]
        assert len(written) == 2
        stage.apply(cluster, [secret, *written])
    for name, proxy in stage.proxies.items():
        answer = until(proxy, lambda answer: names(answer) == ["tsb-a", "tsb-b"], f"the chain in {name}")
        assert [ran.config for ran in chain(answer)] == [{"name": "tsb-a", "mode": "own"}, {"name": "tsb-b"}]
        assert [ran.env for ran in chain(answer)] == [{}, {"ZONE": "blue"}]
    admin = [f"{name}={proxy.admin}" for name, proxy in stage.proxies.items()]
    done = CliRunner().invoke(
        main, ["verify", str(tmp_path / "out"), "--proxy", admin[0], "--proxy", admin[1], "--all"]
    )
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "2 proxies: 4 loaded")
