"""What every cluster of the fleet gets. Each stack writes to its own clusters, without a change to this program."""

import pulumi

import mesh_wasm_pulumi as wasm

TENANT = "organizations/acme/tenants/shop"

fleet = wasm.Fleet.from_config()

acl = wasm.WasmExtension(
    "acl-check",
    {
        "organization": "acme",
        "image": "oci://registry.acme.io/filters/acl-check:1.4.2"
        "@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3",
        "phase": "AUTHZ",
        "priority": 10,
        "config": {"mode": "enforce"},
    },
)

edge = wasm.IngressGatewayAttachment(
    "shop-edge",
    {
        "gateway": f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl, "config": {"mode": "audit"}}],
        "fleet": fleet,
    },
)

services = wasm.SecurityGroupAttachment(
    "shop-services",
    {
        "group": f"{TENANT}/workspaces/web/securitygroups/services",
        "namespace_selector": ["*/shop"],
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
)

pulumi.export("plugins", {"shop-edge": edge.plugins, "shop-services": services.plugins})
