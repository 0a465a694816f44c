"""From an object as the API server gives it to what a snapshot keeps of it: by a list of what is kept, never of what is not.

A container's arguments and environment, a Secret's data and unknown annotations may hold passwords; none of them is on the
list.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from mesh_wasm.surroundings.leaves import at, mapping, maps, text
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE, key_registry, keys_of, problems

from .kinds import PLUGINS, Kind, head

Manifest = dict[str, Any]

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OF_PLUGINS = ("name", "namespace", "labels", "annotations", "creationTimestamp", "generation", "ownerReferences")
_OF_SECRETS = ("name", "namespace", "labels", "creationTimestamp")
_OF_OTHERS = ("name", "namespace", "labels")
_OWNER = ("apiVersion", "kind", "name", "controller")
_INJECTION = ("sidecar.istio.io/inject", "inject.istio.io/templates")
_PROXY_WORDS = ("proxy", "router", "waypoint", "sidecar")
_OF_REPLICAS = (
    "pod-template-hash",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "pod-template-generation",
    "batch.kubernetes.io/job-completion-index",
)
"""Labels that tell the pods of one workload apart."""

_KEPT: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Service": (("selector",), ("ports",), ("type",)),
    "Gateway": (("gatewayClassName",), ("addresses",), ("listeners",), ("selector",), ("servers",)),
    "GatewayClass": (("controllerName",),),
    "ServiceEntry": (("hosts",), ("ports",), ("location",), ("resolution",), ("workloadSelector", "labels")),
    "WorkloadEntry": (("labels",),),
    "AuthorizationPolicy": (("selector", "matchLabels"), ("targetRef",), ("targetRefs",), ("action",)),
    "RequestAuthentication": (("selector", "matchLabels"), ("targetRef",), ("targetRefs",)),
    "WorkloadGroup": (("metadata", "labels"),),
}
"""The parts of ``spec`` that are kept, by kind."""
_ITEM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "ports": ("name", "number", "port", "targetPort", "protocol", "appProtocol"),
    "listeners": ("name", "port", "protocol", "hostname"),
    "servers": ("port", "hosts", "name"),
}
"""Of the items of a list only these fields."""


def shaped(kind: Kind, value: Mapping[str, Any]) -> Manifest | None:
    """What is kept of an object; None where it decides nothing about plugins.

    :param value: As the API server gives it, with the items of a list that lack ``kind``.
    """
    if kind in PLUGINS:
        if kind.kind == "EnvoyFilter" and "wasm" not in json.dumps(value.get("spec")).lower():
            return None
        return _plugin(kind, value)
    if kind.kind == "Secret":
        return secret(kind, value)
    kept: Manifest = _start(kind, value, _OF_OTHERS)
    template = _TEMPLATES.get(kind.kind)
    if template is not None:
        return _put(kept, template, _template(mapping(at(value, *template))))
    if kind.kind in ("ExternalSecret", "SealedSecret"):
        return _put(kept, ("spec",), _maker(kind.kind, mapping(value.get("spec"))))
    for path in _KEPT.get(kind.kind, ()):
        held = at(value, "spec", *path)
        if held not in (None, {}, []):
            _put(kept, ("spec", *path), _items(path[-1], held))
    return kept


def secret(kind: Kind, value: Mapping[str, Any], type_: str | None = None) -> Manifest:
    """A Secret: its form, and for which registries it is. ``type_``: where a table told it instead of the object."""
    kept = _managed(_start(kind, value, _OF_SECRETS), value)
    kept["type"] = type_ or text(value.get("type")) or "Opaque"
    if type_ is not None:
        return kept
    data = mapping(value.get("data"))
    kept["keys"] = sorted(data)
    if kept["type"] == SECRET_TYPE:
        registries, wrong = _docker(data.get(SECRET_KEY))
        kept["registries"] = registries
        if wrong:
            kept["unreadable"] = wrong
    return kept


def pods_left(pods: Iterable[Mapping[str, Any]], owners: Mapping[tuple[str, str, str], Any]) -> list[Manifest]:
    """The pods that no workload among the objects has made, those of one controller as one under its name.

    :param pods: Their metadata.
    :param owners: By namespace, kind and name: None for a workload among the objects, for others what has made them.
    """
    found: dict[str, Manifest] = {}
    for pod in pods:
        metadata = mapping(pod.get("metadata"))
        namespace, name, made_by = str(metadata.get("namespace")), str(metadata.get("name")), owner(metadata)
        while made_by is not None and owners.get((namespace, *made_by)) is not None:
            made_by = owners[(namespace, *made_by)]
        if made_by is not None:
            if (namespace, *made_by) in owners:
                continue
            name = made_by[1]
        carried = {key: one for key, one in mapping(metadata.get("labels")).items() if key not in _OF_REPLICAS}
        if "sidecar.istio.io/status" in mapping(metadata.get("annotations")):
            carried.setdefault("sidecar.istio.io/inject", "true")
        kept: Manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": carried},
        }
        found.setdefault(json.dumps(kept, sort_keys=True), kept)
    taken: dict[tuple[str, str], int] = {}
    for _, kept in sorted(found.items()):
        place = kept["metadata"]["namespace"], kept["metadata"]["name"]
        taken[place] = taken.get(place, 0) + 1
        if taken[place] > 1:  # pods of one controller with other labels
            kept["metadata"]["name"] += f"-{taken[place]}"
    return [kept for _, kept in sorted(found.items())]


def owner(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    """Kind and name of the controller that made an object."""
    for one in maps(metadata.get("ownerReferences")):
        if one.get("controller") is True:
            return str(one.get("kind")), str(one.get("name"))
    return None


_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout", "ReplicaSet"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


def _start(kind: Kind, value: Mapping[str, Any], fields: Iterable[str]) -> Manifest:
    metadata = mapping(value.get("metadata"))
    kept = {key: metadata[key] for key in fields if metadata.get(key) not in (None, {}, [])}
    return {"apiVersion": text(value.get("apiVersion")) or kind.api_version, "kind": kind.kind, "metadata": kept}


def _plugin(kind: Kind, value: Mapping[str, Any]) -> Manifest:
    kept = _managed(_start(kind, value, _OF_PLUGINS), value)
    notes = {key: one for key, one in mapping(at(kept, "metadata", "annotations")).items() if key != _APPLIED}
    kept["metadata"].pop("annotations", None)
    if notes:
        kept["metadata"]["annotations"] = notes
    owners = [{key: one[key] for key in _OWNER if key in one} for one in maps(kept["metadata"].get("ownerReferences"))]
    if owners:
        kept["metadata"]["ownerReferences"] = owners
    return {**kept, "spec": value.get("spec") or {}}


def _managed(kept: Manifest, value: Mapping[str, Any]) -> Manifest:
    """With the managers of its fields, but for those of its status: they change without anybody's doing."""
    held = [one for one in maps(at(value, "metadata", "managedFields")) if one.get("subresource") is None]
    if held:
        kept["metadata"]["managedFields"] = [
            {key: one[key] for key in sorted(one) if key != "subresource"} for one in held
        ]
    return kept


def _template(template: Mapping[str, Any]) -> Manifest:
    """Labels, injection, and of the containers their ports and whether one is a proxy."""
    kept: Manifest = {}
    carried = mapping(at(template, "metadata", "labels"))
    notes = mapping(at(template, "metadata", "annotations"))
    if carried:
        kept["metadata"] = {"labels": dict(carried)}
    asked = {key: notes[key] for key in _INJECTION if key in notes}
    if asked:
        kept.setdefault("metadata", {})["annotations"] = asked
    containers = []
    for one in maps(at(template, "spec", "containers")):
        container: Manifest = {"name": one.get("name")}
        words = [word for word in one.get("args") or () if word in _PROXY_WORDS]
        if "proxy" in words:
            container["args"] = words
        ports = [
            {key: port[key] for key in ("name", "containerPort") if key in port} for port in maps(one.get("ports"))
        ]
        if ports:
            container["ports"] = ports
        if len(container) > 1:
            containers.append(container)
    if containers:
        kept["spec"] = {"containers": containers}
    return kept


def _maker(kind: str, spec: Mapping[str, Any]) -> Manifest:
    """What makes a Secret: its type and keys; the values are sealed, and left out all the same."""
    if kind == "SealedSecret":
        template = mapping(spec.get("template"))
        kept: Manifest = {"encryptedData": dict.fromkeys(sorted(mapping(spec.get("encryptedData"))))}
        return {
            **kept,
            "template": {"type": template.get("type"), "data": dict.fromkeys(mapping(template.get("data")))},
        }
    target = mapping(spec.get("target"))
    template = mapping(target.get("template"))
    shown: Manifest = {key: target[key] for key in ("name", "creationPolicy") if key in target}
    if template:
        shown["template"] = {
            **{key: template[key] for key in ("type", "mergePolicy") if key in template},
            **({"data": dict.fromkeys(sorted(mapping(template["data"])))} if template.get("data") else {}),
            **({"templateFrom": [{}]} if template.get("templateFrom") else {}),
        }
    kept = {"target": shown, "data": [{"secretKey": one.get("secretKey")} for one in maps(spec.get("data"))]}
    return {**kept, **({"dataFrom": [{}]} if spec.get("dataFrom") else {})}


def _items(name: str, held: Any) -> Any:
    fields = _ITEM_FIELDS.get(name)
    if fields is None:
        return held
    return [{key: one[key] for key in fields if key in one} | _tls_mode(one) for one in maps(held)]


def _tls_mode(item: Mapping[str, Any]) -> Manifest:
    """Of the TLS of a server only its mode: whether the gateway ends it, or hands it through."""
    mode = text(at(item, "tls", "mode"))
    return {"tls": {"mode": mode}} if mode else {}


def _docker(encoded: Any) -> tuple[list[str], str]:
    """The registries of a docker configuration, and why Istio's agent cannot use it; never a value."""
    try:
        content = base64.b64decode(str(encoded), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return [], "it is no text."
    hosts = sorted({host for host in map(key_registry, keys_of(content)) if host is not None})
    return hosts, " ".join(problems(content))


def _put(kept: Manifest, path: tuple[str, ...], value: Any) -> Manifest:
    here = kept
    for part in path[:-1]:
        here = here.setdefault(part, {})
    if value not in (None, {}, []):
        here[path[-1]] = value
    return kept


def is_kind(value: Mapping[str, Any], kind: Kind) -> bool:
    """Whether a manifest is of a kind, of whatever version."""
    return head(value) == (kind.group, kind.kind)
