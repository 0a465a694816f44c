"""The program under test of numbers: extensions of one priority on one gateway, and a raw plugin beside them."""

import json
from pathlib import Path

import pulumi

import mesh_wasm_pulumi as wasm

wanted = json.loads(Path(__file__).with_name("wanted.json").read_text())
config = pulumi.Config()
edge, _ = wanted["namespaces"]
fleet = wasm.Fleet(
    [
        wasm.Cluster(
            name, kubeconfig=config.require_secret(f"kubeconfig-{name}"), namespaces=[edge], istio_version="1.27"
        )
        for name in wanted["clusters"]
    ]
)
extensions = [
    wasm.WasmExtension(name, {"organization": "acme", "image": wanted["image"], "phase": "AUTHZ"})
    for name in wanted["extensions"]
]
wasm.GatewayAttachment(
    "edge",
    {
        "gateway": "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/unifiedgateways/shop",
        "workload_selector": {"namespace": edge, "labels": {"app": "shop"}},
        "extensions": [{"extension": one} for one in extensions],
        "fleet": fleet,
    },
)
