"""A mesh that was filled by hand: 200 objects of all kinds, each Secret with a canary in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mesh.api import Api, Object

CANARY = "canary-5up3rS3cr3t"
CANARIES = (
    CANARY,
    # As it stands in base64, wherever in a text it begins.
    *(base64.b64encode(b"x" * shift + CANARY.encode())[4:-4].decode() for shift in range(3)),
)
ISTIOD = "docker.io/istio/pilot:1.30.3-distroless"


def fill(api: Api, number: int = 12, prefix: str = "hand") -> list[Object]:
    """Create the objects, and return what the API server made of them."""
    return [api.create(one).accepted() for one in objects(number, prefix)]


def objects(number: int, prefix: str) -> Iterator[Object]:
    """For each namespace sixteen objects, and what the cluster has once."""
    yield _object("apps/v1", "Deployment", "istiod", "istio-system", istiod(), {"app": "istiod"})
    yield tag_webhook()
    yield _config_map()
    for index in range(number):
        yield from of_namespace(f"{prefix}-{index:02}")


def of_namespace(name: str) -> Iterator[Object]:
    """A namespace and what stands in it."""
    yield _object("v1", "Namespace", name, None, None, {"istio-injection": "enabled"})
    yield _object("apps/v1", "Deployment", "gateway", name, _workload({"app": "gateway"}, proxy="router"))
    yield _object("apps/v1", "Deployment", "shop", name, _workload({"app": "shop"}))
    yield _object("apps/v1", "StatefulSet", "db", name, {**_workload({"app": "db"}), "serviceName": "db"})
    yield _object("apps/v1", "DaemonSet", "agent", name, _workload({"app": "agent"}))
    job = {"template": {**_workload({"app": "tidy"})["template"]}}
    job["template"]["spec"]["restartPolicy"] = "Never"
    yield _object("batch/v1", "CronJob", "tidy", name, {"schedule": "0 4 1 1 *", "jobTemplate": {"spec": job}})
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    yield _object("v1", "Service", "shop", name, {"selector": {"app": "shop"}, "ports": ports})
    yield _object("v1", "Service", "gateway", name, {"selector": {"app": "gateway"}, "ports": ports})
    server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}
    yield _object("networking.istio.io/v1", "Gateway", "public", name,
                  {"selector": {"app": "gateway"}, "servers": [server]})  # fmt: skip
    entry = {"hosts": ["api.partner.example"], "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}]}
    yield _object("networking.istio.io/v1", "ServiceEntry", "partner", name, {**entry, "resolution": "DNS"})
    yield _object("security.istio.io/v1", "AuthorizationPolicy", "deny", name,
                  {"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin"]}}]}]})  # fmt: skip
    config = {"auths": {"registry.acme.io": {"username": "u", "password": CANARY}}}
    yield secret("pull", name, "kubernetes.io/dockerconfigjson", {".dockerconfigjson": json.dumps(config)})
    yield secret("broken", name, "kubernetes.io/dockerconfigjson", {".dockerconfigjson": '{"auths": {"*": {}}}'})
    yield secret("password", name, "Opaque", {"password": CANARY})
    yield {
        **_object("extensions.istio.io/v1alpha1", "WasmPlugin", "acl", name, wasm_plugin()),
        "metadata": {"name": "acl", "namespace": name, "annotations": {"team": "edge"}},
    }
    yield _object("networking.istio.io/v1alpha3", "EnvoyFilter", "by-hand", name, envoy_filter())


def wasm_plugin(priority: int = 10, app: str = "gateway") -> dict[str, Any]:
    """The spec of a plugin on the gateway."""
    return {
        "url": "oci://registry.acme.io/wasm/acl:1.2.0",
        "imagePullSecret": "pull",
        "phase": "AUTHZ",
        "priority": priority,
        "pluginConfig": {"allow": ["/"]},
        "selector": {"matchLabels": {"app": app}},
    }


def envoy_filter() -> dict[str, Any]:
    """One that puts a Wasm filter in by hand."""
    wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
    patch = {"operation": "INSERT_BEFORE", "value": {"name": "by-hand", "typed_config": {"@type": wasm}}}
    match = {"listener": {"filterChain": {"filter": {"name": "envoy.filters.network.http_connection_manager"}}}}
    return {"configPatches": [{"applyTo": "HTTP_FILTER", "match": match, "patch": patch}],
            "workloadSelector": {"labels": {"app": "nobody"}}}  # fmt: skip


def istiod(image: str = ISTIOD) -> dict[str, Any]:
    """The spec of istiod's Deployment: nothing runs it here, but it says the version."""
    spec = _workload({"app": "istiod"})
    spec["template"]["spec"]["containers"] = [{"name": "discovery", "image": image}]
    return spec


def tag_webhook() -> Object:
    """The webhook that `istioctl tag set stable` makes."""
    labels = {"istio.io/tag": "stable", "istio.io/rev": "default", "app": "sidecar-injector"}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-revision-tag-stable", "labels": labels},
    }


def secret(name: str, namespace: str, type_: str, content: Mapping[str, str]) -> Object:
    """A Secret; it says its content in an annotation, too, as kubectl apply does."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
    notes = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": data, "plain": CANARY})}
    metadata = {"name": name, "namespace": namespace, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": type_, "data": data}


def _config_map() -> Object:
    mesh = "rootNamespace: istio-config\naccessLogFile: /dev/stdout\n"
    metadata = {"name": "istio", "namespace": "istio-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"mesh": mesh}}


def _workload(labels: dict[str, str], proxy: str = "") -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "app",
        "image": "registry.acme.io/app:1",
        "env": [{"name": "TOKEN", "value": CANARY}],
        "args": ["--token", CANARY],
        "ports": [{"name": "http", "containerPort": 8080}],
    }
    if proxy:
        container |= {"name": "istio-proxy", "args": ["proxy", proxy, f"--token={CANARY}"]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {"selector": {"matchLabels": labels}, "template": pod}


def _object(
    version: str, kind: str, name: str, namespace: str | None, spec: Any, labels: dict[str, str] | None = None
) -> Object:
    metadata: dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {})}
    made: Object = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**metadata, **({"labels": labels} if labels else {})},
    }
    return made if spec is None else {**made, "spec": spec}
