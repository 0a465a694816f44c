"""What a plugin reaches in one cluster, as far as the other objects tell: which workloads, and which kind of proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mesh_wasm.rules.effect.workload import GATEWAY_NAME, workload_of
from mesh_wasm.rules.subjects import Reach, Workload
from mesh_wasm.rules.walk import references_of
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Gateway, Pods, Role
from mesh_wasm.surroundings.pods import Selected
from mesh_wasm.values.deferred import Deferred, known

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Cluster
    from mesh_wasm.model.plugin import WasmPluginSpec

_BY_ROLE = {Role.GATEWAY: Workload.GATEWAY, Role.WAYPOINT: Workload.WAYPOINT, Role.SIDECAR: Workload.SIDECAR}


def asked_labels(spec: WasmPluginSpec) -> Mapping[str, str] | None:
    """The labels of the selector, none for a plugin without one; None where they are not known, or it has targetRefs."""
    if spec.target_ref is not None or spec.target_refs:
        return None
    if spec.selector is None:
        return {}
    if isinstance(spec.selector, Deferred) or isinstance(spec.selector.match_labels, Deferred):
        return None
    found = {key: known(value) for key, value in (spec.selector.match_labels or {}).items()}
    return None if None in found.values() else {key: str(value) for key, value in found.items()}


def reach(spec: WasmPluginSpec, namespace: str | None, around: Surroundings, root_namespace: str) -> Reach:
    """What a plugin of a namespace reaches in a cluster. The other objects have the last word, where they have one."""
    told = workload_of(spec)
    labels = asked_labels(spec)
    if labels is None:
        found = _referred(spec, namespace, around)
        return found or Reach(told)
    everywhere = namespace is not None and namespace == root_namespace
    return pods_reach(labels, namespace, around, told, everywhere=everywhere)


def pods_reach(
    labels: Mapping[str, str], namespace: str | None, around: Surroundings, told: Workload, *, everywhere: bool = False
) -> Reach:
    """The workloads with some labels, and the kind of their proxies: ``told`` where no other object tells it."""
    selected = around.pods.select(namespace, labels, everywhere=everywhere)
    workload, reason = _kind(labels, namespace, selected, around)
    return Reach(told if workload is None else workload, reason, labels, selected)


def _referred(spec: WasmPluginSpec, namespace: str | None, around: Surroundings) -> Reach | None:
    """Gateways of the Gateway API that are in sight; None where any reference is to something else, or cannot be told."""
    found: set[Workload] = set()
    reason = ""
    for _, reference in references_of(spec):
        name = known(reference.name)
        gateway = around.find(Gateway, namespace, name) if known(reference.kind) == "Gateway" and name else None
        if gateway is None or gateway.class_name is None:
            return None
        found.add(Workload.WAYPOINT if gateway.is_waypoint else Workload.GATEWAY)
        reason = f"Gateway {gateway.place} is of class {gateway.class_name}"
    return Reach(found.pop(), reason) if len(found) == 1 else None


def _kind(
    labels: Mapping[str, str], namespace: str | None, selected: Selected, around: Surroundings
) -> tuple[Workload | None, str]:
    """The kind of proxy of all the pods; unknown where they are of several kinds, None where nothing tells."""
    if selected.sure:
        roles = {role_of(pods, around): pods for pods in reversed(selected.sure)}
        told = roles.keys() - {Role.UNKNOWN}
        if len(told) > 1:
            return Workload.UNKNOWN, ""
        if not told or len(roles) > 1 or selected.perhaps:
            return None, ""
        role, pods = next(iter(roles.items()))
        return _BY_ROLE.get(role), _because(pods, role, around)
    name = labels.get(GATEWAY_NAME)
    gateway = around.find(Gateway, namespace, name) if name else None
    if gateway is not None and gateway.class_name is not None:
        kind = Workload.WAYPOINT if gateway.is_waypoint else Workload.GATEWAY
        return kind, f"Gateway {gateway.place} is of class {gateway.class_name}"
    configured = next(around.istio_gateways.selecting(None, labels), None)
    if configured is not None:
        return Workload.GATEWAY, f"Gateway {configured.place} selects these pods: they are a gateway"
    return None, ""


def role_of(pods: Pods, around: Surroundings) -> Role:
    """The proxy in some pods: by their template, else by the Gateways that select them."""
    if pods.role is not Role.UNKNOWN:
        return pods.role
    name = (pods.labels or {}).get(GATEWAY_NAME)
    if name:
        gateway = around.find(Gateway, pods.namespace, name)
        return Role.WAYPOINT if gateway is not None and gateway.is_waypoint else Role.GATEWAY
    return Role.GATEWAY if any(around.istio_gateways.selecting(None, pods.labels)) else Role.UNKNOWN


def _because(pods: Pods, role: Role, around: Surroundings) -> str:
    what = f"{pods.kind} {pods.place}"
    if role is Role.GATEWAY and pods.role is Role.UNKNOWN:
        configured = next(around.istio_gateways.selecting(None, pods.labels), None)
        if configured is not None:
            return f"Gateway {configured.place} selects {what}: it is a gateway"
    return "" if role in (Role.UNKNOWN, Role.NONE) else f"{what} is a {role}"


def common_reach(spec: WasmPluginSpec, places: Iterable[tuple[Cluster, str | None]]) -> Reach:
    """The kind of proxy that runs a plugin in all of its places; what the plugin itself says where they differ."""
    found: dict[Workload, Reach] = {}
    told = Reach(workload_of(spec))
    for cluster, namespace in places:
        one = told
        if cluster.surroundings:
            one = reach(spec, namespace, cluster.surroundings, cluster.root_namespace)
        found.setdefault(one.workload, one)
    return next(iter(found.values())) if len(found) == 1 else told
