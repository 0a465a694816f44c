"""A program whose one plugin needs a pull secret; `wanted.json` beside it says from which source, and in which mode.

The provider of the cluster is the program's own, as a user would bring it: whether it changes Secrets in place is for the
program to say.
"""

import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm

wanted = json.loads(Path(__file__).with_name("wanted.json").read_text())
config = pulumi.Config()
edge, _ = wanted["namespaces"]
(name,) = wanted["clusters"]
kubeconfig = config.require_secret(f"kubeconfig-{name}")

if wanted.get("own_provider"):
    provider = k8s.Provider(name, kubeconfig=kubeconfig, context=name, cluster_identifier=name)
    cluster = wasm.Cluster(name, provider=provider)
else:
    cluster = wasm.Cluster(name, kubeconfig=kubeconfig, context=name)

SOURCES = {
    "password": {"registry": "registry.acme.io", "username": "puller", "password": config.require_secret("password")},
    "config": {
        "docker_config_json": config.require_secret("password").apply(
            lambda password: json.dumps(
                {"auths": {"registry.acme.io": {"username": "puller", "password": password, "identitytoken": password}}}
            )
        )
    },
    "existing": {"existing_secret": "regcred"},
    "external": {
        "registry": "registry.acme.io",
        "external_secret": {
            "store": {"name": "vault"},
            "username": {"key": "registry", "property": "user"},
            "password": {"key": "registry", "property": "password"},
        },
    },
}
registry = wasm.PullSecret("registry", SOURCES[wanted.get("source", "password")])

plugin = wasm.WasmPlugin(
    "acl",
    {
        "metadata": {"namespace": edge},
        "spec": {"url": wanted["image"], "priority": 1, "selector": {"match_labels": {"app": "shop"}}},
        "pull_secret": registry,
        "fleet": wasm.Fleet([cluster]),
    },
)
pulumi.export("plugins", plugin.plugins)
pulumi.export("definition", registry.definition)
