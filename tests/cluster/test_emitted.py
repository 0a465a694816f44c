"""Everything that mesh-wasm emits is taken by real servers: strict field validation, webhook on, nothing pruned."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh.api import Object
from mesh.cluster import Cluster
from support import programs

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import Run, run_folder

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
SECRET_SIGNATURE = ("4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")
"""How a secret value is marked on Pulumi's wire."""


UNKNOWN_OFFLINE = "two-stacks"
"""The example whose plugins take their spec from another stack's outputs: nothing of it is known without an engine."""


def folders() -> list[Path]:
    """Every Pulumi Python project of the repository's examples."""
    found = [ROOT, *(path.parent for path in sorted((ROOT / "examples").rglob("Pulumi.yaml")))]
    found = [folder for folder in found if UNKNOWN_OFFLINE not in folder.parts]
    return [
        folder for folder in found if "python" in str(yaml.safe_load((folder / "Pulumi.yaml").read_text())["runtime"])
    ]


def stacks(folder: Path) -> list[str]:
    """The stacks of a project: those of its fleet file, where it has one."""
    fleet = folder / "fleet.yaml"
    return list(yaml.safe_load(fleet.read_text()).get("stacks") or ["dev"]) if fleet.exists() else ["dev"]


def revealed(value: Any) -> Any:
    """A wire value with its secrets in the open, as a provider gets it."""
    if isinstance(value, dict):
        if value.get(SECRET_SIGNATURE[0]) == SECRET_SIGNATURE[1]:
            return revealed(value["value"])
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def emitted(run: Run) -> dict[str, list[Object]]:
    """The objects of a run by cluster, with everything in them that a provider would send."""
    assert run.failure is None, run.failure
    found: dict[str, list[Object]] = {}
    for one in planned_objects(run):
        found.setdefault(one.cluster, []).append(revealed(run.monitor.resources[one.urn].inputs))
    return found


@contextlib.contextmanager
def namespaces(cluster: Cluster, objects: list[Object]) -> Iterator[None]:
    """The namespaces that the objects need; what is made in them is taken away again."""
    for name in sorted({one["metadata"]["namespace"] for one in objects}):
        cluster.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    try:
        yield
    finally:
        for one in objects:
            meta = one["metadata"]
            cluster.api.delete(one["apiVersion"], one["kind"], meta["name"], meta["namespace"])


def prove(cluster: Cluster, objects: list[Object], figures: Counter[str]) -> None:
    """Create the objects, for good, and look at what was stored."""
    assert objects
    with namespaces(cluster, objects):
        for one in objects:
            stored = cluster.api.create(one).accepted()
            if one["kind"] == "WasmPlugin":
                assert stored["spec"] == one["spec"], "the server stores what was sent, no field less"
                assert isinstance(one["spec"]["priority"], int), "a priority is always written"
            else:
                assert stored["type"] == "kubernetes.io/dockerconfigjson"
            figures["manifests proven"] += 1


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_an_example(cluster: Cluster, figures: Counter[str], folder: Path) -> None:
    for stack in stacks(folder):
        by_cluster = emitted(run_folder(folder, stack, preview=False))
        assert by_cluster
        for objects in by_cluster.values():
            prove(cluster, objects, figures)


GOLDEN = [
    folder
    for folder in sorted((ROOT / "examples").glob("*/golden/manifests/*"))
    if folder.is_dir() and folder.parts[-4] != UNKNOWN_OFFLINE
]


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: f"{folder.parts[-4]}-{folder.name}")
def test_written_manifests(cluster: Cluster, figures: Counter[str], folder: Path) -> None:
    """The files of `mesh-wasm plan --out`, byte for byte; their Secrets are redacted on purpose."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted(folder.rglob("WasmPlugin-*.yaml"))]
    prove(cluster, documents, figures)


def everything() -> None:
    """Every component, and every field that it can emit."""
    fleet = programs.fleet()
    registry = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "p"})
    full: Any = {
        "source": "https://git.acme.io/acl?x=ü",
        "description": "A long tale.\n" * 50,
        "display_name": "ACL ✓",
        "image_pull_policy": "Always",
        "vm_config": {
            "env": [
                {"name": "MODE", "value_from": "INLINE", "value": "x" * 2048},
                {"name": "POD_NAME", "value_from": "HOST", "value": "dropped"},
            ]
        },
        "match": {"mode": "CLIENT"},
        "fail_strategy": "FAIL_RELOAD",
        "plugin_name": "p" * 256,
        "type": "HTTP",
        "pull_secret": registry,
        "config": {"deep": {"list": [1, 2.5, None, True, "x", {"a": []}]}, "snake_case": 1, "camelCase": 2},
    }
    extensions = [
        wasm.WasmExtension(f"{phase.lower().replace('_', '-')}-{priority}".replace("--", "-minus-"), args)
        for phase in ("AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE")
        for priority in (-(2**31), 0, 2**31 - 1)
        for args in [programs.extension_args(phase=phase, priority=priority, **full)]
    ]
    attached = [{"extension": one, "match": [{"mode": "CLIENT", "ports": [{"number": 443}]}, {}]} for one in extensions]
    group = f"{programs.TENANT}/workspaces/web/gatewaygroups/edge"
    for kind, component in {
        "ingressgateways": wasm.IngressGatewayAttachment,
        "egressgateways": wasm.EgressGatewayAttachment,
        "tier1gateways": wasm.Tier1GatewayAttachment,
        "unifiedgateways": wasm.GatewayAttachment,
    }.items():
        args = programs.gateway_args(None, fleet, gateway=f"{group}/{kind}/{kind}", clusters=None, extensions=attached)
        component(kind, args)
    wasm.SecurityGroupAttachment("services", programs.group_args(extensions[0], fleet))
    targets = [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "shop"},
        {"kind": "Service", "name": "shop"},
        {"group": "networking.istio.io", "kind": "ServiceEntry", "name": "shop"},
    ]
    url = "https://files.acme.io/raw.wasm"
    raw = programs.plugin_args(fleet, selector=None, target_refs=targets, url=url, sha256="7e" * 32, type="NETWORK")
    wasm.WasmPlugin("raw", raw)
    wasm.WasmPlugin("bare", programs.plugin_args(fleet, url="acme/bare:1", priority=None))


def test_everything_that_the_components_can_emit(cluster: Cluster, figures: Counter[str]) -> None:
    by_cluster = emitted(programs.run(everything, preview=False))
    assert set(by_cluster) == {"east", "west"}
    assert len(by_cluster["east"]) > 50
    for objects in by_cluster.values():
        prove(cluster, objects, figures)
