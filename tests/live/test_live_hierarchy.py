"""What is handed down TSB's hierarchy, on a gateway and on a sidecar of one namespace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.proxy import Proxy
from mesh.registry import Registry

from mesh_wasm_pulumi.cli import main

from .stage import PLUGIN, TENANT, Modules, Stage, names, until
from .test_live_sidecar import backend  # noqa: F401

pytestmark = pytest.mark.live

ORGANIZATION, TENANT_NAME = TENANT.split("/")[1], TENANT.split("/")[3]


@pytest.fixture
def sidecar(stage: Stage, registry: Registry, backend: str) -> Iterator[Proxy]:  # noqa: F811
    """A sidecar beside the gateway, in its namespace."""
    cluster = stage.clusters[0]
    proxy = Proxy.start(cluster, stage.namespace, {"app": "cart"}, role="sidecar", insecure_registries=registry.host)
    for obj in proxy.sidecar_objects(backend):
        cluster.api.apply(obj).accepted()
    yield proxy
    proxy.stop()


def tsb(api: str, kind: str, name: str, spec: Any, **places: str) -> Object:
    metadata = {"organization": ORGANIZATION, **places, "name": name}
    return {"apiVersion": f"{api}.tsb.tetrate.io/v2", "kind": kind, "metadata": metadata, "spec": spec}


def documents(stage: Stage, url: str) -> list[Object]:
    """The organization attaches `b`, a security group `a` and `d`, the gateway `c`; all of one phase."""

    def attached(*these: str) -> list[Object]:
        return [{"fqn": f"organizations/{ORGANIZATION}/extensions/{name}"} for name in these]

    tenant: Any = {"tenant": TENANT_NAME}
    home: Any = {**tenant, "workspace": "web"}
    owned = {"namespaceSelector": {"names": [f"*/{stage.namespace}"]}}
    common: Object = {"url": url, "phase": "AUTHZ", "imagePullSecret": "tsb-registry"}
    default = {"propagationStrategy": "STRICTER", "extension": attached("b")}
    selector = {"namespace": stage.namespace, "labels": stage.labels}
    return [
        *(
            tsb("extension", "WasmExtension", name, {**common, "priority": priority, "config": {"name": name}})
            for name, priority in PRIORITIES.items()
        ),
        tsb("api", "OrganizationSetting", "default", {"defaultSecuritySetting": default}),
        tsb("api", "Workspace", "web", owned, **tenant),
        tsb("security", "Group", "services", owned, **home),
        tsb("security", "SecuritySetting", "default", {"extension": attached("d", "a")}, **home, group="services"),
        tsb("gateway", "Group", "edge", owned, **home),
        tsb(
            "gateway",
            "Gateway",
            "shop",
            {"workloadSelector": selector, "wasmPlugins": attached("c")},
            **home,
            group="edge",
        ),
    ]


PRIORITIES = dict.fromkeys("abcd", 0)
"""TSB's default: only FQNs tell the order, across targets as well."""


def test_default_group_and_gateway_run_in_tsb_s_order_whenever_they_were_made(
    stage: Stage, sidecar: Proxy, modules: Modules, tmp_path: Path
) -> None:
    image = stage.registry.push("filters/hierarchy", modules("v1"))
    cluster: Cluster = stage.clusters[0]
    (tmp_path / "tsb.yaml").write_text(yaml.safe_dump_all(documents(stage, image.url)))
    inventory = {"clusters": {cluster.name: {"namespaces": [stage.namespace]}}}
    (tmp_path / "clusters.yaml").write_text(yaml.safe_dump(inventory))
    words = ["translate", str(tmp_path / "tsb.yaml"), "--inventory", str(tmp_path / "clusters.yaml")]
    choices = ["--stricter", "union", "--default-gateways", "include"]
    done = CliRunner().invoke(main, [*words, *choices, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "out" / cluster.name).rglob("*.yaml"))
    written = [yaml.safe_load(file.read_text()) for file in files]
    assert len(written) == 4
    stage.apply(cluster, [stage.registry.pull_secret("tsb-registry", stage.namespace)])

    for turn in (written, written[::-1]):
        for plugin in turn:
            stage.apply(cluster, [plugin])
            time.sleep(1.1)  # Istio's clock of creation has a grain of a second
        until(stage.proxy, lambda answer: names(answer) == ["a", "b", "c", "d"], "the gateway's chain")
        until(sidecar, lambda answer: names(answer) == ["a", "b", "d"], "the sidecar's chain")
        for plugin in turn:
            cluster.api.delete(*PLUGIN, plugin["metadata"]["name"], stage.namespace).accepted()
        until(stage.proxy, lambda answer: names(answer) == [], "the empty chain of the gateway")
        until(sidecar, lambda answer: names(answer) == [], "the empty chain of the sidecar")
