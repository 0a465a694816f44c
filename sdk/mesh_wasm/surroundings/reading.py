"""From plain Kubernetes objects to what they are here. Nothing is refused: what cannot be read is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mesh_wasm.model.traffic_extension import plugin_form

from ._secrets import read_external_secret, read_sealed_secret, read_secret
from ._workloads import TEMPLATES, read_pods
from .leaves import at, is_unknown, labels, mapping, maps, number, text
from .objects import (
    Address,
    Gateway,
    GatewayClass,
    IstioGateway,
    Listener,
    Namespace,
    Policy,
    Port,
    Reference,
    Service,
    ServiceEntry,
    Thing,
    TrafficExtension,
)

_GATEWAY_API = "gateway.networking.k8s.io"
_ISTIO = "networking.istio.io"
_SECURITY = "security.istio.io"

Values = Mapping[str, Any]
Read = Callable[[Values, dict[str, Any]], Thing | None]


def read_thing(value: Any, origin: str = "") -> Thing | None:
    """One object; None for other kinds, and where its name is not known.

    :param value: A manifest, of which any part may be missing, deferred or of a wrong type.
    :param origin: Where it was read: a file, or what declares it.
    """
    if not isinstance(value, Mapping):
        return None
    version, kind = text(value.get("apiVersion")), text(value.get("kind"))
    if version is None or kind is None:
        return None
    group = version.partition("/")[0] if "/" in version else ""
    read = _READERS.get((group, kind))
    pods = (group, kind) in TEMPLATES
    if read is None and not pods:
        return None
    metadata = mapping(value.get("metadata"))
    name, namespace = text(metadata.get("name")), metadata.get("namespace")
    if not name or is_unknown(namespace):
        return None
    common = {
        "name": name,
        "namespace": text(namespace) or None,
        "labels": labels(metadata.get("labels")),
        "origin": origin,
    }
    return read(value, common) if read is not None else read_pods(group, value, common)


def is_read(value: Any) -> bool:
    """Whether an object is of a kind that is read here, and has a name."""
    if not isinstance(value, Mapping):
        return False
    version, kind = text(value.get("apiVersion")) or "", text(value.get("kind")) or ""
    head = (version.partition("/")[0] if "/" in version else "", kind)
    return (head in _READERS or head in TEMPLATES) and bool(text(at(value, "metadata", "name")))


def _namespace(value: Values, common: dict[str, Any]) -> Namespace:
    return Namespace(**{**common, "namespace": None})


def _service(value: Values, common: dict[str, Any]) -> Service:
    return Service(**common, selector=labels(at(value, "spec", "selector")), ports=tuple(_ports(value)))


def _service_entry(value: Values, common: dict[str, Any]) -> ServiceEntry:
    hosts = at(value, "spec", "hosts")
    return ServiceEntry(
        **common,
        hosts=tuple(filter(None, map(text, hosts))) if isinstance(hosts, list | tuple) else (),
        selector=labels(at(value, "spec", "workloadSelector", "labels")),
        ports=tuple(_ports(value, port="number")),
    )


def _ports(value: Values, port: str = "port") -> Iterator[Port]:
    for one in maps(at(value, "spec", "ports")):
        held, target = number(one.get(port)), one.get("targetPort")
        if held is None:
            continue
        if target is None:
            aim: int | str | None = held
        else:
            aim = number(target) if number(target) is not None else text(target)
        yield Port(held, aim, text(one.get("name")) or "")


def _gateway(value: Values, common: dict[str, Any]) -> Gateway:
    addresses = [
        Address(text(one.get("type")) or "IPAddress", text(one.get("value")) or "")
        for one in maps(at(value, "spec", "addresses"))
    ]
    listeners = [_listener(one, one.get("port"), one) for one in maps(at(value, "spec", "listeners"))]
    return Gateway(
        **common,
        class_name=text(at(value, "spec", "gatewayClassName")),
        addresses=tuple(addresses),
        listeners=tuple(one for one in listeners if one is not None),
    )


def _listener(names: Values, port: Any, protocols: Values) -> Listener | None:
    held = number(port)
    if held is None:
        return None
    return Listener(held, text(protocols.get("protocol")) or "", text(names.get("name")) or "")


def _gateway_class(value: Values, common: dict[str, Any]) -> GatewayClass:
    return GatewayClass(**{**common, "namespace": None}, controller=text(at(value, "spec", "controllerName")))


def _istio_gateway(value: Values, common: dict[str, Any]) -> IstioGateway:
    listeners = [_server(one) for one in maps(at(value, "spec", "servers"))]
    return IstioGateway(
        **common,
        selector=labels(at(value, "spec", "selector")),
        listeners=tuple(one for one in listeners if one is not None),
    )


def _server(value: Values) -> Listener | None:
    """A server of Istio's Gateway; one that hands TLS through, whatever it is called, is of protocol TLS."""
    port = mapping(value.get("port"))
    hands_through = text(at(value, "tls", "mode")) in ("PASSTHROUGH", "AUTO_PASSTHROUGH")
    return _listener(port, port.get("number"), {"protocol": "TLS"} if hands_through else port)


def _policy(value: Values, common: dict[str, Any]) -> Policy:
    kind = str(value["kind"])
    action = text(at(value, "spec", "action")) or "ALLOW"
    single = at(value, "spec", "targetRef")
    references = [*maps(at(value, "spec", "targetRefs")), *maps([single])]
    return Policy(
        **common,
        kind=kind,
        action=action if kind == "AuthorizationPolicy" else "",
        selector=labels(at(value, "spec", "selector", "matchLabels")),
        targets=tuple(
            Reference(text(one.get("group")) or "", text(one.get("kind")) or "", text(one.get("name")) or "")
            for one in references
        ),
    )


_DECIDES = ("selector", "targetRefs", "phase", "priority", "match", "type")


def _traffic_extension(value: Values, common: dict[str, Any]) -> TrafficExtension:
    form = plugin_form(mapping(value.get("spec")))
    metadata = mapping(value.get("metadata"))
    return TrafficExtension(
        **common,
        metadata={key: metadata[key] for key in ("name", "namespace", "annotations") if key in metadata},
        spec={key: form[key] for key in _DECIDES if key in form},
    )


_READERS: Mapping[tuple[str, str], Read] = {
    ("", "Namespace"): _namespace,
    ("", "Service"): _service,
    ("", "Secret"): read_secret,
    (_ISTIO, "ServiceEntry"): _service_entry,
    (_ISTIO, "Gateway"): _istio_gateway,
    (_GATEWAY_API, "Gateway"): _gateway,
    (_GATEWAY_API, "GatewayClass"): _gateway_class,
    (_SECURITY, "AuthorizationPolicy"): _policy,
    (_SECURITY, "RequestAuthentication"): _policy,
    ("external-secrets.io", "ExternalSecret"): read_external_secret,
    ("bitnami.com", "SealedSecret"): read_sealed_secret,
    ("extensions.istio.io", "TrafficExtension"): _traffic_extension,
}
"""By API group and kind, whatever the version."""
