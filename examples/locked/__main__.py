"""Locked modules: mesh-wasm.lock, beside this file, says what the two images were found to be.

Each plugin is written with the digest that was looked at, and preview says what it knows of the module: whether Istio can
unpack it, whether the Envoy of each cluster can start it, and whether the configuration fits its schema.
"""

import pulumi_kubernetes as k8s
from pydantic import BaseModel, Field

import mesh_wasm_pulumi as wasm


class Quota(BaseModel, extra="forbid"):
    """What the quota filter takes: a model in code takes the place of a schema in the image."""

    limit: int = Field(ge=1, le=10_000)
    window: str = "1m"


fleet = wasm.Fleet(
    [
        wasm.Cluster(
            name,
            provider=k8s.Provider(name, render_yaml_to_directory=f"rendered/{name}"),
            istio_version=version,
            namespaces=["edge"],
            registry_mirrors=mirrors,
        )
        for name, version, mirrors in (
            ("east", "1.28", {}),
            ("west", "1.31", {"registry.acme.io": "mirror.west.acme.io:5000"}),
        )
    ]
)
catalogue = {"organization": "acme", "phase": "AUTHZ"}
acl = wasm.WasmExtension(
    "acl", {**catalogue, "image": "oci://registry.acme.io/filters/acl:1.4.2", "config": {"mode": "enforce"}}
)
quota = wasm.WasmExtension(
    "quota",
    {
        **catalogue,
        "image": "oci://registry.acme.io/filters/quota:2.0.1",
        "priority": 5,
        "config_schema": Quota,
    },
)
wasm.IngressGatewayAttachment(
    "shop",
    {
        "gateway": "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl}, {"extension": quota, "config": {"limit": 100}}],
        "fleet": fleet,
    },
)
