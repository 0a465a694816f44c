"""What is in the clusters, against what the offline plan of the same program says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from mesh.api import Api
from mesh.cluster import Cluster

from mesh_wasm.values.marks import SECRET_MARK
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import run_folder

from .stack import STACK, Stack

Place = tuple[str, str, str, str]
"""Cluster, namespace, kind and name."""

KINDS = {"WasmPlugin": "extensions.istio.io/v1alpha1", "Secret": "v1"}


def planned(stack: Stack) -> dict[Place, dict[str, Any]]:
    """The objects of the offline plan."""
    run = run_folder(stack.folder / "program", STACK)
    assert run.failure is None, run.failure
    return {(one.cluster, one.namespace, one.kind, one.name): one.manifest for one in planned_objects(run)}


def existing(clusters: Iterable[Cluster], namespaces: Iterable[str]) -> dict[Place, dict[str, Any]]:
    """The plugins and Secrets in the namespaces of the stack."""
    found = {}
    wanted = list(namespaces)
    for cluster in clusters:
        api = Api.from_kubeconfig(cluster.kubeconfig)  # a restarted server does not know old connections
        for namespace in wanted:
            for kind, version in KINDS.items():
                for item in api.list(version, kind, namespace):
                    found[cluster.name, namespace, kind, item["metadata"]["name"]] = item
        api.close()
    return found


def assert_as_planned(stack: Stack, clusters: Iterable[str] | None = None) -> None:
    """In the clusters (default: all that the stack knows) is what the plan says: no object more, no field less."""
    looked_at = list(stack.clusters if clusters is None else clusters)
    plan = {place: manifest for place, manifest in planned(stack).items() if place[0] in looked_at}
    there = existing((stack.clusters[name] for name in looked_at), stack.wanted["namespaces"])
    assert sorted(there) == sorted(plan), "the objects that exist are not those that were planned"
    for place, manifest in plan.items():
        _assert_same(stack, manifest, there[place], place)


def _assert_same(stack: Stack, plan: dict[str, Any], there: dict[str, Any], place: Place) -> None:
    if plan["kind"] == "WasmPlugin":
        assert _revealed(plan["spec"], there["spec"]) == there["spec"], place
    else:
        registry = json.loads(base64.b64decode(there["data"][".dockerconfigjson"]))["auths"]["registry.acme.io"]
        assert (registry["username"], registry["password"]) == ("puller", stack.password), place
        assert there["type"] == plan["type"], place
    for part in ("labels", "annotations"):
        had = there["metadata"].get(part, {})
        assert {key: had.get(key) for key in plan["metadata"].get(part, {})} == plan["metadata"].get(part, {}), place


def _revealed(planned: Any, real: Any) -> Any:
    """The planned value with its concealed leaves taken from the real one."""
    if planned == SECRET_MARK:
        return real
    if isinstance(planned, dict) and isinstance(real, dict):
        return {key: _revealed(value, real.get(key)) for key, value in planned.items()}
    if isinstance(planned, list) and isinstance(real, list) and len(planned) == len(real):
        return [_revealed(one, other) for one, other in zip(planned, real, strict=True)]
    return planned
