"""The program under test, which `wanted.json` beside it tells what to declare.

In every cluster: an extension on a gateway in one namespace and on a group in another, a raw plugin, and the pull secret
that they share.
"""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

TENANT = "organizations/acme/tenants/shop"

wanted = json.loads(Path(__file__).with_name("wanted.json").read_text())
config = pulumi.Config()
edge, shop = wanted["namespaces"]


def reach(name: str) -> dict[str, Any]:
    """A kubeconfig, or a provider of the program's own that takes over what exists."""
    kubeconfig = config.require_secret(f"kubeconfig-{name}")
    if not wanted.get("upsert"):
        return {"kubeconfig": kubeconfig, "context": name}
    takes_over = k8s.Provider(
        name, kubeconfig=kubeconfig, upsert_existing_objects=True, enable_patch_force=True, enable_secret_mutable=True
    )
    return {"provider": takes_over, "secrets_mutable": True}


fleet = wasm.Fleet(
    [
        wasm.Cluster(
            name, **reach(name), namespaces=[edge, shop], istio_version=wanted["istio_version"], emit=wanted.get("emit")
        )
        for name in wanted["clusters"]
    ]
)

# The namespaces that the program makes itself; what stands in them waits for them.
made = [
    k8s.core.v1.Namespace(
        f"{name}-{space}",
        metadata={"name": space},
        opts=pulumi.ResourceOptions(provider=fleet.provider(name)),
    )
    for name in wanted["clusters"]
    for space in wanted.get("make_namespaces", [])
]

registry = wasm.PullSecret(
    "registry",
    {"registry": "registry.acme.io", "username": "puller", "password": config.require_secret("password")},
)

acl = wasm.WasmExtension(
    "acl",
    {
        "organization": "acme",
        "image": wanted["image"],
        "phase": "AUTHZ",
        "priority": wanted["priority"],
        "config": {"mode": wanted["mode"], "token": config.require_secret("token")},
        "vm_config": {"env": [{"name": "POD_NAME", "value_from": "HOST"}]},
        "pull_secret": registry,
    },
)

former = wanted.get("gateway_was")
aliases = [pulumi.Alias(name=former)] if former else []
if wanted.get("gateway_was_at_root"):
    aliases.append(pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE))
teams = {name: pulumi.ComponentResource(f"life:index:{type_}", name) for name, type_ in wanted.get("teams", {}).items()}
if was_in := wanted.get("gateway_was_in"):  # a team of the program, or the URN of one that it no longer has
    aliases.append(pulumi.Alias(parent=teams.get(was_in, was_in)))
team = teams[wanted["gateway_in"]] if wanted.get("gateway_in") else None
gateway = wasm.IngressGatewayAttachment(
    wanted["gateway"],
    {
        "gateway": f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": edge, "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl, "match": [{"mode": "CLIENT", "ports": [{"number": 8443}]}]}],
        "fleet": fleet,
    },
    pulumi.ResourceOptions(parent=team, aliases=aliases or None, depends_on=made),
)

wasm.SecurityGroupAttachment(
    "services",
    {
        "group": f"{TENANT}/workspaces/web/securitygroups/services",
        "namespace_selector": [f"*/{shop}"],
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
    pulumi.ResourceOptions(depends_on=made),
)

for index in range(wanted.get("raw", 1)):
    wasm.WasmPlugin(
        f"raw-{index}",
        {
            "metadata": {"namespace": edge} | ({"name": wanted["raw_name"]} if "raw_name" in wanted else {}),
            "spec": {
                "url": "oci://registry.acme.io/filters/raw:1",
                "selector": {"match_labels": {"app": "shop"}},
                "fail_strategy": "FAIL_OPEN",
                "priority": index,
            },
            "fleet": fleet,
        },
        pulumi.ResourceOptions(depends_on=made),
    )

pulumi.export("plugins", gateway.plugins)
