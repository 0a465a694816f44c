"""Manifests of the kinds that stand beside plugins, short to write."""

from __future__ import annotations

from typing import Any

import yaml

USE, WHERE = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"
GATEWAY_API = "gateway.networking.k8s.io"


def made(kind: str, name: str, namespace: str | None = "shop", version: str = "v1", **spec: Any) -> dict[str, Any]:
    """An object; ``labels`` are its own."""
    labels = spec.pop("labels", {})
    metadata: dict[str, Any] = {"name": name, "labels": labels} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def deployment(
    name: str, namespace: str = "shop", /, notes: Any = None, own: Any = None, **labels: str
) -> dict[str, Any]:
    """A Deployment whose pods carry the labels."""
    template = {"metadata": {"labels": labels or {"app": name}, "annotations": notes or {}}}
    return made("Deployment", name, namespace, "apps/v1", template=template, labels=own or {})


def service(
    name: str = "web", namespace: str = "shop", /, ports: Any = None, labels: Any = None, **selector: str
) -> Any:
    """A Service for pods with the labels."""
    held = ports or [{"port": 80}]
    return made("Service", name, namespace, selector=selector or {"app": name}, ports=held, labels=labels or {})


def gateway(name: str = "front", namespace: str = "shop", /, of: str = "istio", **more: Any) -> dict[str, Any]:
    """A Gateway of the Gateway API."""
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    return made("Gateway", name, namespace, f"{GATEWAY_API}/v1", gatewayClassName=of, listeners=listeners, **more)


def istio_gateway(name: str = "public", namespace: str = "shop", **selector: str) -> dict[str, Any]:
    """Istio's own Gateway."""
    return made("Gateway", name, namespace, "networking.istio.io/v1", selector=selector, servers=[])


def home(name: str = "shop", **labels: str) -> dict[str, Any]:
    """A namespace."""
    return made("Namespace", name, None, labels=labels)


def custom(namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    """An AuthorizationPolicy that asks an external authorizer."""
    return made("AuthorizationPolicy", "login", namespace, "security.istio.io/v1", action="CUSTOM", rules=[{}], **spec)


def plugin(namespace: str | None = "shop", /, name: str = "filter", **spec: Any) -> dict[str, Any]:
    """A WasmPlugin."""
    spec = {"url": "oci://registry.acme.io/filters/acl@sha256:" + "7e" * 32, "priority": 1, **spec}
    return made("WasmPlugin", name, namespace, "extensions.istio.io/v1alpha1", **spec)


def pods(**labels: str) -> dict[str, Any]:
    """A selector."""
    return {"selector": {"matchLabels": labels}}


def ref(name: str = "front", kind: str = "Gateway", group: str = GATEWAY_API) -> dict[str, Any]:
    """One targetRef."""
    return {"targetRefs": [{"group": group, "kind": kind, "name": name}]}


def text(*objects: dict[str, Any]) -> str:
    """Objects as one YAML text."""
    return yaml.safe_dump_all(objects)
