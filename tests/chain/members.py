"""Small WasmPlugins for the tests of chains."""

from __future__ import annotations

from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.fleet.cluster import Cluster

URL = "oci://registry.example.com/filters/x:1.0"


def plugin(name: str, namespace: str = "edge", cluster: str = "east", **fields: Any) -> Member:
    """A raw plugin: ``labels`` is its selector, ``ref`` its target reference (kind/name), ``fqn`` its extension."""
    labels, ref, fqn = fields.pop("labels", None), fields.pop("ref", None), fields.pop("fqn", None)
    by, istio = fields.pop("by", ""), fields.pop("istio", None)
    spec: dict[str, Any] = {"url": URL, "priority": 0, **fields}
    if labels is not None:
        spec["selector"] = {"matchLabels": labels}
    if ref is not None:
        kind, called = ref.split("/")
        spec["targetRefs"] = [{"group": _GROUPS[kind], "kind": kind, "name": called}]
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if fqn is not None:
        metadata["annotations"] = {"mesh-wasm/extension": fqn}
    return read_member(Cluster(name=cluster, istio_version=istio), metadata, spec, by)


_GROUPS = {
    "Gateway": "gateway.networking.k8s.io",
    "GatewayClass": "gateway.networking.k8s.io",
    "Service": "",
    "ServiceEntry": "networking.istio.io",
}
