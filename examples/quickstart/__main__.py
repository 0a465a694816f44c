"""The quickstart: one extension, one gateway, one group, two clusters.

Without a kubeconfig in the configuration the clusters are rendered into folders, so that it runs anywhere:

    pulumi config set --secret kubeconfigEast "$(cat east.kubeconfig)"
"""

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

config = pulumi.Config()
TENANT = "organizations/acme/tenants/shop"


def cluster(name: str, env: str, namespaces: list[str]) -> wasm.Cluster:
    """A cluster reached by a kubeconfig from the configuration, or else by a provider that writes YAML files."""
    labels = {"env": env}
    kubeconfig = config.get_secret(f"kubeconfig{name.title()}")
    if kubeconfig is not None:
        return wasm.Cluster(
            name, kubeconfig=kubeconfig, context=name, labels=labels, istio_version="1.27", namespaces=namespaces
        )
    files = k8s.Provider(name, render_yaml_to_directory=f"rendered/{name}")
    return wasm.Cluster(
        name,
        provider=files,
        secrets_mutable=True,  # whoever applies the files updates a Secret in place
        labels=labels,
        istio_version="1.27",
        namespaces=namespaces,
    )


fleet = wasm.Fleet(
    [
        cluster("east", env="prod", namespaces=["edge", "shop", "pay"]),
        cluster("west", env="canary", namespaces=["edge", "shop"]),
    ]
)

registry = wasm.PullSecret(
    "acme-registry",
    {
        "registry": "registry.acme.io",
        "username": "puller",
        "password": config.get_secret("registryPassword") or pulumi.Output.secret("change-me"),
    },
)

acl = wasm.WasmExtension(
    "acl-check",
    {
        "organization": "acme",
        "image": "oci://registry.acme.io/filters/acl-check:1.4.2"
        "@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3",
        "phase": "AUTHZ",
        "priority": 10,
        "allowed_in": [TENANT],
        "config": {"mode": "enforce"},
        "pull_secret": registry,
    },
)

edge = wasm.IngressGatewayAttachment(
    "shop-edge",
    {
        "gateway": f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl, "config": {"mode": "audit"}}],
        "fleet": fleet,
        "clusters": {"env": "prod"},
    },
)

services = wasm.SecurityGroupAttachment(
    "shop-services",
    {
        "group": f"{TENANT}/workspaces/web/securitygroups/services",
        "namespace_selector": ["*/shop", "east/pay"],
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
)

pulumi.export("plugins", {"shop-edge": edge.plugins, "shop-services": services.plugins})
