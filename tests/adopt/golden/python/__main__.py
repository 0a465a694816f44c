"""7 Wasm plugins of east and west, declared as they were found.

Taken over by `mesh-wasm adopt`: docs/adopt.md says what may be changed next.
"""

import mesh_wasm_pulumi as wasm
import pulumi

config = pulumi.Config()

fleet = wasm.Fleet(
    [
        wasm.Cluster(
            "east",
            kubeconfig=config.require_secret("kubeconfig-east"),
        ),
        wasm.Cluster(
            "west",
            kubeconfig=config.require_secret("kubeconfig-west"),
        ),
    ]
)

acl_check = wasm.WasmExtension(
    "acl-check",
    {
        "organization": "mesh",
        "url": "oci://registry.acme.io/filters/acl-check:1.4.2",
        "image_pull_secret": "registry",
        "config": {"mode": "enforce", "camelKey": [1, 2.5, "${x}"]},
        "phase": "AUTHZ",
        "priority": 10,
    },
)

wasm.IngressGatewayAttachment(
    "edge-ingressgateway",
    {
        "gateway": "organizations/mesh/tenants/mesh/workspaces/mesh/gatewaygroups/edge/ingressgateways/ingressgateway",
        "workload_selector": {
            "namespace": "edge",
            "labels": {"istio": "ingressgateway"},
        },
        "namespace_selector": ["east/edge", "west/edge"],
        "extensions": [
            {
                "extension": acl_check,
                "match": [{"mode": "CLIENT", "ports": [{"number": 8443}]}],
                "adopted": {
                    "east/edge": {"name": "edge-acl"},
                    "west/edge": {"name": "front-acl"},
                },
            },
        ],
        "fleet": fleet,
    },
)

wasm.SecurityGroupAttachment(
    "acl-check-services",
    {
        "group": "organizations/mesh/tenants/mesh/workspaces/mesh/securitygroups/acl-check-services",
        "namespace_selector": ["east/pay", "east/shop"],
        "extensions": [
            {
                "extension": acl_check,
                "adopted": {
                    "east/pay": {
                        "name": "acl",
                        "labels": {"app.kubernetes.io/managed-by": "tsb"},
                    },
                    "east/shop": {
                        "name": "acl",
                        "labels": {"app.kubernetes.io/managed-by": "Helm"},
                        "annotations": {
                            "meta.helm.sh/release-name": "acl",
                            "meta.helm.sh/release-namespace": "shop",
                        },
                    },
                },
            },
        ],
        "fleet": fleet,
    },
)

wasm.TrafficExtension(
    "script",
    {
        "metadata": {"namespace": "shop"},
        "spec": {
            "lua": {"inline_code": "function envoy_on_request(h)\nend\n"},
            "priority": 3,
            "selector": {"match_labels": {"app": "shop"}},
        },
        "adopted": True,
        "fleet": fleet,
        "cluster_names": ["east"],
    },
)

wasm.WasmPlugin(
    "stats",
    {
        "metadata": {"namespace": "shop"},
        "spec": {
            "url": "registry.acme.io/filters/stats:2",
            "selector": {"match_labels": {"app": "shop"}},
            "match": [],
            "vm_config": {"env": [{"name": "POD_NAME", "value_from": "HOST"}]},
            "plugin_config": {"none": None},
        },
        "adopted": True,
        "fleet": fleet,
    },
)
