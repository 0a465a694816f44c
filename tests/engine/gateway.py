"""A program with two extensions on one gateway, from a private registry; `wanted.json` beside it says which images."""

import json
from pathlib import Path

import pulumi

import mesh_wasm_pulumi as wasm

wanted = json.loads(Path(__file__).with_name("wanted.json").read_text())
config = pulumi.Config()
edge, _ = wanted["namespaces"]
TENANT = "organizations/acme/tenants/shop"

fleet = wasm.Fleet(
    wasm.Cluster(name, kubeconfig=config.require_secret(f"kubeconfig-{name}"), context=name)
    for name in wanted["clusters"]
)
registry = wasm.PullSecret(
    "registry",
    {"registry": wanted["registry"], "username": wanted["username"], "password": config.require_secret("password")},
)
extensions = [
    wasm.WasmExtension(
        name,
        {
            "organization": "acme",
            "url": wanted["image"],
            "phase": "AUTHN",
            "config": {"name": name, "token": config.require_secret("token")},
            "pull_secret": registry,
        },
    )
    for name in wanted["extensions"]
]
if extensions:
    wasm.IngressGatewayAttachment(
        "shop-edge",
        {
            "gateway": f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
            "workload_selector": {"namespace": edge, "labels": wanted["labels"]},
            "extensions": [{"extension": extension} for extension in extensions],
            "fleet": fleet,
        },
    )
