"""A gateway that refuses /admin: `test_edge.py` asks the planned chain, in a real Envoy, before anything is live."""

import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

fleet = wasm.Fleet(
    [
        wasm.Cluster(
            "east",
            provider=k8s.Provider("east", render_yaml_to_directory="rendered/east"),
            istio_version="1.32",
            namespaces=["edge"],
        )
    ]
)
acl = wasm.WasmExtension(
    "shop-acl",
    {
        "organization": "acme",
        "image": "oci://registry.acme.io/filters/acl:1.4.2",
        "phase": "AUTHZ",
        "config": {"deny": "/admin"},
    },
)
wasm.IngressGatewayAttachment(
    "shop",
    {
        "gateway": "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
)
