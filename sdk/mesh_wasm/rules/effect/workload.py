"""What a spec itself tells of the proxies that run it."""

from __future__ import annotations

from collections.abc import Mapping

from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.subjects import Workload
from mesh_wasm.rules.walk import items, labels_of
from mesh_wasm.values.deferred import known

_WAYPOINT_KINDS = {"Service", "ServiceEntry", "GatewayClass"}
_GATEWAY_LABELS = ("istio", "app", "app.kubernetes.io/name")
_GATEWAYS = {"ingressgateway", "egressgateway", "eastwestgateway"}
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
"""The label of pods that the Gateway API made: gateways and waypoints."""
MANAGED = "gateway.istio.io/managed"
_MESH_CONTROLLER = "istio.io-mesh-controller"


def workload_of(spec: WasmPluginSpec) -> Workload:
    """Gateway or waypoint, where references or well-known labels say so; else unknown."""
    single = known(spec.target_ref)
    references = [reference for _, reference in items(spec.target_refs)] or ([single] if single else [])
    if references:
        kinds = {known(reference.kind) for reference in references}
        return Workload.WAYPOINT if kinds <= _WAYPOINT_KINDS else Workload.UNKNOWN
    return workload_of_labels(labels_of(spec))


def workload_of_labels(labels: Mapping[str, str | None]) -> Workload:
    """Gateway or waypoint, where well-known labels of pods say so; else unknown."""
    if labels.get(MANAGED) == _MESH_CONTROLLER or labels.get(GATEWAY_NAME) == "waypoint":
        return Workload.WAYPOINT
    if GATEWAY_NAME in labels:
        return Workload.GATEWAY
    for value in (labels.get(key) or "" for key in _GATEWAY_LABELS):
        if value.removeprefix("istio-") in _GATEWAYS:
            return Workload.GATEWAY
    return Workload.UNKNOWN
