"""What an inventory and a program take from a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import documents
from mesh_wasm_pulumi.cli import main

EAST = (Path(__file__).parent / "east.yaml").read_text()
WHOLE = EAST.replace("unread:\n- kind: cronjobs.batch\n  reason: forbidden\n", "unread: []\n")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796083200")  # 2026-12-01


def inventory(folder: Path, text: str = WHOLE, **facts: Any) -> tuple[Fleet, list[str]]:
    (folder / "mesh").mkdir(exist_ok=True)
    (folder / "mesh" / "east.yaml").write_text(text)
    (folder / "clusters.yaml").write_text(
        yaml.safe_dump({"clusters": {"east": {"snapshot": "mesh/east.yaml", **facts}}})
    )
    fleet, found = read_inventory(folder / "clusters.yaml")
    return fleet, [one.finding.rule for one in found]


def east(fleet: Fleet) -> Cluster:
    held = fleet.get("east")
    assert held is not None
    return held


def test_facts_need_not_be_typed(tmp_path: Path) -> None:
    text = WHOLE.replace("registryMirrors: {}", "registryMirrors:\n  registry.acme.io: mirror.acme.io:5000")
    fleet, found = inventory(tmp_path, text.replace("rootNamespace: istio-system", "rootNamespace: istio-config"))
    assert found == []
    cluster = east(fleet)
    assert cluster.namespaces == ["edge"]
    assert cluster.istio_version == "1.30.3"
    assert cluster.root_namespace == "istio-config"
    assert cluster.registry_mirrors == {"registry.acme.io": "mirror.acme.io:5000"}
    assert cluster.surroundings.is_closed


def test_what_is_typed_counts(tmp_path: Path) -> None:
    fleet, found = inventory(tmp_path, namespaces=["edge", "new"], istioVersion="1.27", rootNamespace="mesh")
    assert found == ["MW844"]
    cluster = east(fleet)
    assert (cluster.namespaces, cluster.istio_version, cluster.root_namespace) == (["edge", "new"], "1.27", "mesh")


def test_surroundings_stand_beside_it(tmp_path: Path) -> None:
    more = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fresh", "namespace": "edge"}}
    cluster = east(inventory(tmp_path, surroundings=[more])[0])
    assert len(cluster.surroundings.things) == 4
    assert cluster.surroundings.is_closed


@pytest.mark.parametrize(
    ("text", "facts", "rules"),
    [
        ("kind: List\nitems: []\n", {}, ["MW840"]),
        (WHOLE.replace("2026-11-27", "2026-10-01"), {}, ["MW841"]),
        (WHOLE, {"revision": "canary"}, ["MW842"]),
        (WHOLE, {"revision": "default"}, []),
        (WHOLE.replace("  controlPlanes:\n", "  controlPlanes:\n  - {revision: old, version: 1.29.2}\n"), {}, ["MW843"]),
        (WHOLE.replace("  controlPlanes:\n", "  controlPlanes:\n  - {revision: old, version: 1.29.2}\n"),
         {"revision": "old"}, []),
        (WHOLE, {"istioVersion": "1.30"}, []),
    ],
)  # fmt: skip
def test_what_is_said_of_it(tmp_path: Path, text: str, facts: dict[str, Any], rules: list[str]) -> None:
    assert inventory(tmp_path, text, **facts)[1] == rules


def plugin(**spec: Any) -> list[Any]:
    written = {"url": "oci://registry.acme.io/wasm/acl:1.4.2", "priority": 10, **spec}
    document = {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
                "metadata": {"name": "acl", "namespace": "edge"}, "spec": written}  # fmt: skip
    return list(documents(yaml.safe_dump(document), "acl.yaml"))


def told(fleet: Fleet, **spec: Any) -> list[str]:
    return [f"{one.finding.severity} {one.finding.rule}" for one in lint(plugin(**spec), fleet).findings]


def test_rules_speak_with_the_certainty_of_the_closed_world(tmp_path: Path) -> None:
    whole = inventory(tmp_path, WHOLE)[0]
    nobody = {"selector": {"matchLabels": {"app": "shop-gatway"}}}
    assert "error MW406" in told(whole, **nobody)
    assert "error MW821" in told(whole, imagePullSecret="regcred", selector={"matchLabels": {"app": "shop-gateway"}})
    assert "error MW821" not in told(
        whole, imagePullSecret="registry", selector={"matchLabels": {"app": "shop-gateway"}}
    )
    partly = inventory(tmp_path, EAST)[0]  # CronJobs could not be read, and their pods may be meant
    assert "error MW406" not in told(partly, **nobody)
    assert "error MW821" not in told(partly, imagePullSecret="regcred")


PROGRAM = """
import pulumi, pulumi_kubernetes as k8s, mesh_wasm_pulumi as wasm
fleet = wasm.Fleet([wasm.Cluster("east", provider=k8s.Provider("east", context="east"), snapshot="mesh/east.yaml")])
registry = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "ci",
                                        "password": pulumi.Config().require_secret("password")})
acl = wasm.WasmExtension("acl", {"organization": "acme", "image": "oci://registry.acme.io/acl:1", "priority": 10,
                                 "pull_secret": registry})
wasm.IngressGatewayAttachment("gateway", {
    "gateway": "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/g/ingressgateways/i",
    "workload_selector": {"namespace": "edge", "labels": {"app": "%s"}},
    "extensions": [{"extension": acl}], "fleet": fleet})
"""


def folder(place: Path, app: str, text: str = WHOLE) -> Path:
    inventory(place, text)
    (place / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (place / "Pulumi.dev.yaml").write_text("config: {shop:password: hunter22}\n")
    (place / "__main__.py").write_text(PROGRAM.replace("%s", app))
    return place


def test_a_program_takes_it_and_its_own_secret_is_missed_by_nobody(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["explain", str(folder(tmp_path, "shop-gateway"))])
    assert told.exit_code == 0, told.output
    assert "1 workload: shop-gateway" in told.output
    assert "All objects of the cluster are known" in told.output
    assert "MW821" not in told.output


def test_a_program_is_told_of_a_selector_that_takes_nothing(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["plan", str(folder(tmp_path, "shop-gatway"))])
    assert told.exit_code == 1
    assert "MW406" in told.output


def test_a_program_whose_snapshot_is_gone_is_told_once_where(tmp_path: Path) -> None:
    place = folder(tmp_path, "shop-gateway")
    (place / "mesh" / "east.yaml").unlink()
    told = CliRunner().invoke(main, ["plan", str(place)])
    assert told.exit_code == 1
    assert "MW840" in told.output
    assert "Traceback" not in told.output
