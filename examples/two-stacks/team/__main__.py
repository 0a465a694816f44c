"""A team's stack: it attaches an extension that the catalogue's stack declares."""

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

config = pulumi.Config()
catalogue = pulumi.StackReference(config.require("catalogue"))
TENANT = "organizations/acme/tenants/shop"

east = k8s.Provider("east", render_yaml_to_directory="rendered/east", enable_secret_mutable=True)
fleet = wasm.Fleet(
    [wasm.Cluster("east", provider=east, secrets_mutable=True, istio_version="1.27", namespaces=["edge"])]
)

# The Secrets of this stack are children of this component; their content comes from the catalogue.
registry = wasm.PullSecret.get("acme-registry", catalogue.get_output("acme-registry"))

acl = wasm.WasmExtension.get("acl-check", catalogue.get_output("acl-check"), organization="acme", pull_secret=registry)

edge = wasm.IngressGatewayAttachment(
    "shop-edge",
    {
        "gateway": f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
)

pulumi.export("plugins", edge.plugins)
