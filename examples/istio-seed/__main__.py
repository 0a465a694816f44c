"""The five examples of Istio's WasmPlugin reference, as typed and validated plugins.

The document uses one name and namespace again and again, so each example gets a cluster of its own here.
"""

import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.args import IstioWorkloadSelectorArgs, MetadataArgs, WasmPluginSpecArgs

EXAMPLES = ["file", "oci", "vm-config", "https", "chain"]

fleet = wasm.Fleet(
    [
        wasm.Cluster(
            name,
            provider=k8s.Provider(name, render_yaml_to_directory=f"rendered/{name}"),
            labels={"example": name},
            istio_version="1.27",
            namespaces=["istio-ingress"],
        )
        for name in EXAMPLES
    ]
)


def metadata(name: str) -> MetadataArgs:
    return {"name": name, "namespace": "istio-ingress"}


def plugin(example: str, name: str, spec: WasmPluginSpecArgs) -> wasm.WasmPlugin:
    return wasm.WasmPlugin(
        f"{example}-{name}",
        {"metadata": metadata(name), "spec": spec, "fleet": fleet, "clusters": {"example": example}},
    )


ingress: IstioWorkloadSelectorArgs = {"match_labels": {"istio": "ingressgateway"}}
openid = {"openid_server": "authn", "openid_realm": "ingress"}

# 1. A module on the proxy's own file system.
plugin(
    "file",
    "openid-connect",
    {
        "selector": ingress,
        "url": "file:///opt/filters/openid.wasm",
        "sha256": "1ef0c9a92b0420cf25f7fe5d481b231464bc88f486ca3b9c83ed5cc21d2f6210",
        "phase": "AUTHN",
        "priority": 0,
        "plugin_config": openid,
    },
)

# 2. The same from an OCI image.
openid_image: WasmPluginSpecArgs = {
    "selector": ingress,
    "url": "oci://private-registry:5000/openid-connect/openid:latest",
    "image_pull_policy": "IfNotPresent",
    "image_pull_secret": "private-registry-pull-secret",
    "phase": "AUTHN",
    "priority": 0,
    "plugin_config": openid,
}
plugin("oci", "openid-connect", openid_image)

# 3. The same with an environment for the VM.
plugin(
    "vm-config",
    "openid-connect",
    {
        **openid_image,
        "vm_config": {
            "env": [
                {"name": "POD_NAME", "value_from": "HOST"},
                {"name": "TRUST_DOMAIN", "value": "cluster.local"},
            ]
        },
    },
)

# 4. The same over https, pulled again whenever the plugin changes.
plugin(
    "https",
    "openid-connect",
    {
        "selector": ingress,
        "url": "https://private-bucket/filters/openid.wasm",
        "image_pull_policy": "Always",
        "phase": "AUTHN",
        "priority": 0,
        "plugin_config": openid,
    },
)

# 5. Three plugins in order: -> openid-connect -> istio.authn -> acl-check -> check-header -> router
plugin("chain", "openid-connect", openid_image)
plugin(
    "chain",
    "acl-check",
    {
        "selector": ingress,
        "url": "oci://private-registry:5000/acl-check/acl:latest",
        "image_pull_policy": "Always",
        "image_pull_secret": "private-registry-pull-secret",
        "phase": "AUTHZ",
        "priority": 1000,
        "plugin_config": {"acl_server": "some_server", "set_header": "authz_complete"},
    },
)
plugin(
    "chain",
    "check-header",
    {
        "selector": ingress,
        "url": "oci://private-registry:5000/check-header:latest",
        "image_pull_policy": "IfNotPresent",
        "image_pull_secret": "private-registry-pull-secret",
        "phase": "AUTHZ",
        "priority": 10,
        "plugin_config": {
            "read_header": "authz_complete",
            "verification_key": "a89gAzxvls0JKAKIJSBnnvvvkIO",
            "function": "read_data",
        },
    },
)
