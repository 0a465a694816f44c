"""TSB documents for tests: small ones, from which a test takes away or to which it adds."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.yaml.file import Document, documents

ACL = "organizations/acme/extensions/acl"
TENANT = "organizations/acme/tenants/shop"
WORKSPACE_FQN = f"{TENANT}/workspaces/web"

EXTENSION: dict[str, Any] = {
    "apiVersion": "extension.tsb.tetrate.io/v2",
    "kind": "WasmExtension",
    "metadata": {"organization": "acme", "name": "acl"},
    "spec": {"image": "oci://registry.acme.io/filters/acl:1.4.2", "phase": "AUTHZ", "priority": 10},
}
WORKSPACE: dict[str, Any] = {
    "apiVersion": "api.tsb.tetrate.io/v2",
    "kind": "Workspace",
    "metadata": {"organization": "acme", "tenant": "shop", "name": "web"},
    "spec": {"namespaceSelector": {"names": ["*/edge", "*/shop"]}},
}
GATEWAY_GROUP: dict[str, Any] = {
    "apiVersion": "gateway.tsb.tetrate.io/v2",
    "kind": "Group",
    "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "name": "edge"},
    "spec": {"namespaceSelector": {"names": ["*/edge"]}},
}
SECURITY_GROUP: dict[str, Any] = {
    "apiVersion": "security.tsb.tetrate.io/v2",
    "kind": "Group",
    "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "name": "services"},
    "spec": {"namespaceSelector": {"names": ["*/shop"]}},
}
INGRESS: dict[str, Any] = {
    "apiVersion": "gateway.tsb.tetrate.io/v2",
    "kind": "IngressGateway",
    "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "group": "edge", "name": "gw"},
    "spec": {
        "workloadSelector": {"namespace": "edge", "labels": {"app": "gw"}},
        "extension": [{"fqn": ACL}],
        "http": [{"name": "a", "port": 8443, "hostname": "a.example.com"}],
    },
}
SETTING: dict[str, Any] = {
    "apiVersion": "security.tsb.tetrate.io/v2",
    "kind": "SecuritySetting",
    "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "group": "services", "name": "default"},
    "spec": {"extension": [{"fqn": ACL}]},
}
ALL = (EXTENSION, WORKSPACE, GATEWAY_GROUP, SECURITY_GROUP, INGRESS, SETTING)

FLEET = Fleet(
    [
        Cluster(name="east", istio_version="1.27", namespaces=["edge", "shop", "pay"]),
        Cluster(name="west", istio_version="1.27", namespaces=["shop"]),
    ]
)


def changed(document: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """A copy with the value at a dotted path set, or taken away."""
    out = copy.deepcopy(document)
    *parents, last = path.split(".")
    here = out
    for part in parents:
        here = here.setdefault(part, {})
    if value is ...:
        here.pop(last, None)
    else:
        here[last] = value
    return out


def gitops(document: dict[str, Any]) -> dict[str, Any]:
    """The same resource as a GitOps custom resource."""
    out = copy.deepcopy(document)
    metadata = out["metadata"]
    group = {"gateway": "gatewayGroup", "security": "securityGroup"}.get(out["apiVersion"].split(".")[0], "")
    names = {"organization": "organization", "tenant": "tenant", "workspace": "workspace", "group": group}
    annotations = {f"tsb.tetrate.io/{name}": metadata.pop(key) for key, name in names.items() if key in metadata}
    out["metadata"] = {"name": metadata["name"], "namespace": "tsb", "annotations": annotations}
    out["apiVersion"] = out["apiVersion"].replace("api.tsb", "tsb")
    return out


def files(*many: dict[str, Any], file: str = "tsb.yaml") -> list[Document]:
    """The documents as if read from one file."""
    return list(documents(yaml.safe_dump_all(many, sort_keys=False), file))
