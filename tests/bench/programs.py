"""The programs that are compared: the same providers, Secrets and WasmPlugins, with mesh-wasm and by hand.

Ten clusters, one gateway after the other, five extensions on each. With ``secrets`` the modules lie in a private
registry: one Secret per cluster, and every plugin waits for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

IMAGE = "oci://registry.acme.io/filters/acl-check:1.4.2@sha256:" + "7e" * 32
GROUP = "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge"
EXTENSIONS = 5
PASSWORD = "bench-" + "x" * 20

Providers = Callable[[str], k8s.Provider]


def offline_provider(cluster: str) -> k8s.Provider:
    """A provider that nobody starts."""
    return k8s.Provider(cluster, context=cluster, enable_secret_mutable=True)


def by_hand(plugins: int, clusters: list[str], *, secrets: bool, provider: Providers = offline_provider) -> None:
    """With nothing but pulumi_kubernetes, as plain as it can be written."""
    from pulumi_kubernetes.apiextensions import CustomResource

    providers = [provider(name) for name in clusters]
    labels = {"app.kubernetes.io/managed-by": "mesh-wasm"}
    pull = [pulumi.ResourceOptions(provider=one) for one in providers]
    if secrets:
        from pulumi_kubernetes.core.v1 import Secret

        text = pulumi.Output.secret(PASSWORD).apply(_docker_config)
        for index, (name, one) in enumerate(zip(clusters, providers, strict=True)):
            made = Secret(
                f"registry-{name}",
                metadata={"name": "registry", "namespace": "edge", "labels": labels},
                type="kubernetes.io/dockerconfigjson",
                string_data={".dockerconfigjson": text},
                opts=pulumi.ResourceOptions(provider=one),
            )
            pull[index] = pulumi.ResourceOptions(provider=one, depends_on=[made])
    for gateway in range(_gateways(plugins, clusters)):
        for extension in range(EXTENSIONS):
            for name, options in zip(clusters, pull, strict=True):
                spec = {
                    "selector": {"matchLabels": {"app": f"gateway-{gateway}"}},
                    "url": IMAGE,
                    "pluginConfig": {"mode": "enforce"},
                    "phase": "AUTHZ",
                    "priority": extension,
                }
                CustomResource(
                    f"gateway-{gateway}-{name}-extension-{extension}",
                    api_version="extensions.istio.io/v1alpha1",
                    kind="WasmPlugin",
                    metadata={
                        "name": f"gateway-{gateway}-extension-{extension}-123456",
                        "namespace": "edge",
                        "labels": labels,
                        "annotations": {
                            "mesh-wasm/extension": f"organizations/acme/extensions/extension-{extension}",
                            "mesh-wasm/target": f"{GROUP}/ingressgateways/gateway-{gateway}",
                        },
                    },
                    spec={**spec, "imagePullSecret": "registry"} if secrets else spec,
                    opts=options,
                )


def with_mesh_wasm(plugins: int, clusters: list[str], *, secrets: bool, provider: Providers = offline_provider) -> None:
    """The same objects, declared with mesh-wasm."""
    import mesh_wasm_pulumi as wasm

    fleet = wasm.Fleet(
        [
            wasm.Cluster(name, provider=provider(name), secrets_mutable=True, namespaces=["edge"], istio_version="1.27")
            for name in clusters
        ]
    )
    common: Any = {"organization": "acme", "image": IMAGE, "phase": "AUTHZ", "config": {"mode": "enforce"}}
    if secrets:
        password = pulumi.Output.secret(PASSWORD)
        common["pull_secret"] = wasm.PullSecret(
            "registry", {"registry": "registry.acme.io", "username": "puller", "password": password}
        )
    extensions = [
        wasm.WasmExtension(f"extension-{number}", {**common, "priority": number}) for number in range(EXTENSIONS)
    ]
    for gateway in range(_gateways(plugins, clusters)):
        wasm.IngressGatewayAttachment(
            f"gateway-{gateway}",
            {
                "gateway": f"{GROUP}/ingressgateways/gateway-{gateway}",
                "workload_selector": {"namespace": "edge", "labels": {"app": f"gateway-{gateway}"}},
                "extensions": [{"extension": extension} for extension in extensions],
                "fleet": fleet,
            },
        )


PROGRAMS: dict[str, Callable[..., None]] = {"by-hand": by_hand, "mesh-wasm": with_mesh_wasm}


def cluster_names(count: int = 10) -> list[str]:
    """The names of the clusters."""
    return [f"cluster-{number}" for number in range(count)]


def _gateways(plugins: int, clusters: list[str]) -> int:
    gateways, left = divmod(plugins, len(clusters) * EXTENSIONS)
    if left or not gateways:
        raise ValueError(f"{plugins} plugins are not {EXTENSIONS} on each gateway of {len(clusters)} clusters")
    return gateways


def _docker_config(password: str) -> str:
    auth = base64.b64encode(f"puller:{password}".encode()).decode()
    told = {"auths": {"registry.acme.io": {"username": "puller", "password": password, "auth": auth}}}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))
