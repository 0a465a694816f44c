"""A TSB organization with two clusters: its catalogue, and extensions on every kind of target.

``wasm-auth`` is the example of TSB's WasmExtension reference.
"""

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

config = pulumi.Config()
ORGANIZATION = config.get("organization", "org")
TENANT = f"organizations/{ORGANIZATION}/tenants/tenant1"
WORKSPACE = f"{TENANT}/workspaces/shop"

fleet = wasm.Fleet(
    [
        wasm.Cluster(
            name,
            provider=k8s.Provider(name, render_yaml_to_directory=f"rendered/{name}"),
            secrets_mutable=True,  # whoever applies the files updates a Secret in place
            labels={"tier": tier},
            istio_version=version,
            namespaces=namespaces,
        )
        for name, tier, version, namespaces in [
            ("blue", "workload", "1.24", ["edge", "shop-cart", "shop-web", "istio-system"]),
            ("green", "workload", "1.27", ["edge", "shop-web", "istio-system"]),
            ("front", "tier1", "1.27", ["tier1", "istio-system"]),
        ]
    ]
)

registry = wasm.PullSecret(
    "example-registry",
    {
        "registry": "docker.io",
        "username": "example",
        "password": config.get_secret("registryPassword") or pulumi.Output.secret("change-me"),
    },
)

wasm_auth = wasm.WasmExtension(
    "wasm-auth",
    {
        "organization": ORGANIZATION,
        "allowed_in": [TENANT],
        "image": "oci://docker.io/example/my-wasm-extension:1.0",
        "source": "https://github.com/example/wasm-extension",
        "description": "Long description for the extension such as an\nentire README file\n",
        "phase": "AUTHZ",
        "priority": 1000,
        "config": {"some_key": "some_value"},
        "pull_secret": registry,
    },
)

# Two extensions of one phase and priority: TSB runs them by FQN, Istio would run them by the time of their creation.
rate_limit, request_id = (
    wasm.WasmExtension(
        name,
        {
            "organization": ORGANIZATION,
            "image": f"oci://docker.io/example/{name}:2.1",
            "pull_secret": registry,
            "vm_config": {
                "env": [
                    {"name": "POD_NAME", "value_from": "HOST"},
                    {"name": "MODE", "value_from": "INLINE", "value": "strict"},
                ]
            },
        },
    )
    for name in ("rate-limit", "request-id")
)


wasm.IngressGatewayAttachment(
    "ingress",
    {
        "gateway": f"{WORKSPACE}/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [
            {"extension": request_id},
            {"extension": wasm_auth, "config": {"some_key": "another_value"}, "match": [{"mode": "CLIENT"}]},
            {"extension": rate_limit, "match": [{"ports": [{"number": 8443}]}]},
        ],
        "fleet": fleet,
        "clusters": {"tier": "workload"},
    },
)
wasm.EgressGatewayAttachment(
    "egress",
    {
        "gateway": f"{WORKSPACE}/gatewaygroups/edge/egressgateways/out",
        "workload_selector": {"namespace": "edge", "labels": {"app": "out-gateway"}},
        "extensions": [{"extension": wasm_auth}],
        "fleet": fleet,
        "cluster_names": ["green"],
    },
)
wasm.Tier1GatewayAttachment(
    "tier1",
    {
        "gateway": f"{WORKSPACE}/gatewaygroups/front/tier1gateways/front",
        "workload_selector": {"namespace": "tier1", "labels": {"app": "front"}},
        "extensions": [{"extension": rate_limit}],
        "fleet": fleet,
        "clusters": {"tier": "tier1"},
    },
)
wasm.GatewayAttachment(
    "unified",
    {
        "gateway": f"{WORKSPACE}/gatewaygroups/edge/unifiedgateways/admin",
        "workload_selector": {"namespace": "edge", "labels": {"app": "admin-gateway"}},
        "extensions": [{"extension": wasm_auth}],
        "fleet": fleet,
        "clusters": {"tier": "workload"},
        "namespace_selector": ["blue/edge"],
    },
)
services = wasm.SecurityGroupAttachment(
    "services",
    {
        "group": f"{WORKSPACE}/securitygroups/services",
        "namespace_selector": ["*/shop-*"],
        "extensions": [{"extension": wasm_auth, "match": [{"mode": "SERVER"}]}],
        "fleet": fleet,
        "clusters": {"tier": "workload"},
    },
)

pulumi.export("services", services.plugins)
