"""A program with two extensions on one gateway, from a private registry; `wanted.json` says which images and kind."""

import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

wanted = json.loads(Path(__file__).with_name("wanted.json").read_text())
config = pulumi.Config()
edge, _ = wanted["namespaces"]
TENANT = "organizations/acme/tenants/shop"


def cluster(name: str) -> wasm.Cluster:
    """By its kubeconfig, or through a provider of the program's own, which replaces a Secret instead of changing it."""
    kubeconfig = config.require_secret(f"kubeconfig-{name}")
    if not wanted["own_provider"]:
        return wasm.Cluster(name, kubeconfig=kubeconfig, context=name, emit=wanted.get("emit"))
    provider = k8s.Provider(name, kubeconfig=kubeconfig, context=name, cluster_identifier=name)
    return wasm.Cluster(name, provider=provider)


fleet = wasm.Fleet(map(cluster, wanted["clusters"]))
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
