"""Which objects are one extension: the same module in the same phase with the same configuration, on several targets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.target import TargetKind
from mesh_wasm.rules.effect.workload import workload_of_labels
from mesh_wasm.rules.subjects import Workload
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Role
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.fqn import PATTERNS, Fqn, FqnError, extension_fqn
from mesh_wasm.values.image import ImageError, normalize_url
from mesh_wasm.values.naming import is_subdomain

from .live import LiveObject, canonical
from .naming import Names, module_name
from .program import Attached, DeclaredAttachment, DeclaredExtension

_OF_TARGET = ("selector", "match")
_OF_EXTENSION = {
    "url": "url",
    "sha256": "sha256",
    "imagePullPolicy": "imagePullPolicy",
    "imagePullSecret": "imagePullSecret",
    "pluginConfig": "config",
    "pluginName": "pluginName",
    "phase": "phase",
    "priority": "priority",
    "failStrategy": "failStrategy",
    "vmConfig": "vmConfig",
    "type": "type",
}
"""The fields of a plugin that an extension decides, and what they are called there."""
_FQN = "tsb.tetrate.io/fqn"
"""Annotation by which TSB tells of which gateway an object is."""
_COLLECTIONS = {PATTERNS[kind].split("/")[-2]: kind for kind in TargetKind if kind.is_gateway}


@dataclass(frozen=True, slots=True)
class Owner:
    """Under which names of TSB's hierarchy extensions and targets are put, where the objects do not tell."""

    organization: str = "mesh"
    tenant: str = "mesh"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one object of an extension is."""

    live: LiveObject
    target: tuple[str, str, str]
    """Kind of the target, its FQN, and its labels as a text; the labels of a group are empty."""


def declared_extensions(
    objects: Iterable[LiveObject],
    clusters: Sequence[Cluster],
    around: Mapping[str, Surroundings],
    owner: Owner,
) -> list[DeclaredAttachment]:
    """The attachments of extensions that stand on two targets or more; whatever fits none is left to raw plugins.

    :param around: What else is known of the clusters, by their names: which pods are gateways.
    """
    roots = {cluster.name: cluster.root_namespace for cluster in clusters}
    same: dict[str, list[_Place]] = defaultdict(list)
    for live in objects:
        target = _target(live, roots, around.get(live.cluster), owner)
        if target is not None and _is_whole(live):
            same[_extension_key(live)].append(_Place(live, target))
    names = Names()
    parts: dict[tuple[Any, ...], list[Attached]] = defaultdict(list)
    for _, places in sorted(same.items(), key=lambda item: item[1][0].live.place):
        if len({(place.live.namespace, place.target) for place in places}) < 2:
            continue
        extension = _extension(places[0].live, names, owner)
        for key, held in _targets(places, extension):
            parts[key].append(held)
    taken = Names()
    return [_attachment(key, held, taken) for key, held in sorted(parts.items(), key=lambda item: str(item[0]))]


def _targets(places: Iterable[_Place], extension: DeclaredExtension) -> list[tuple[tuple[Any, ...], Attached]]:
    """The objects of one extension by target: a group takes whole namespaces, those that match the same traffic."""
    found: dict[tuple[Any, ...], list[_Place]] = defaultdict(list)
    for place in places:
        kind, fqn, labels = place.target
        match = canonical(place.live.spec.get("match"))
        if kind == TargetKind.SECURITY_GROUP:
            found[kind, fqn, "", extension.name, match].append(place)
        else:
            found[kind, fqn, labels, place.live.namespace, match].append(place)
    made = []
    for key, held in found.items():
        by_place = {f"{one.live.cluster}/{one.live.namespace}": one.live for one in held}
        if len(by_place) == len(held):  # two of one extension in one place are no attachment
            made.append((key[:4], Attached(extension, held[0].live.spec.get("match"), by_place)))
    return made


def _attachment(key: tuple[Any, ...], held: list[Attached], names: Names) -> DeclaredAttachment:
    """The target with those of its extensions that keep their priorities: equal ones would be spread."""
    kind = TargetKind(key[0])
    ranks = Counter((one.extension.fields.get("phase"), one.extension.fields["priority"]) for one in held)
    keep = [one for one in held if ranks[one.extension.fields.get("phase"), one.extension.fields["priority"]] == 1]
    live = next(iter(held[0].objects.values()))
    places = tuple(sorted({place for one in held for place in one.objects}))
    if kind is TargetKind.SECURITY_GROUP:
        name = names.take(f"{held[0].extension.name}-services")
        return DeclaredAttachment(name, kind, f"{key[1]}/{name}", None, places, tuple(keep))
    labels = live.spec["selector"]["matchLabels"]
    name = names.take(f"{live.namespace}-{key[1].rsplit('/', 1)[-1]}", f"{live.namespace}-gateway")
    selector = {"namespace": live.namespace, "labels": dict(labels)}
    return DeclaredAttachment(name, kind, key[1], selector, places, tuple(keep))


def _extension(live: LiveObject, names: Names, owner: Owner) -> DeclaredExtension:
    name = names.take(module_name(live.spec["url"]))
    fields = {field: live.spec[key] for key, field in _OF_EXTENSION.items() if key in live.spec}
    return DeclaredExtension(name, extension_fqn(owner.organization, name), fields)


def _extension_key(live: LiveObject) -> str:
    return canonical({key: value for key, value in live.spec.items() if key not in _OF_TARGET})


def _is_whole(live: LiveObject) -> bool:
    """Whether an extension and an attachment say all that the object says."""
    spec = live.spec
    url = spec.get("url")
    if live.kind is not PluginKind.WASM_PLUGIN or not isinstance(url, str) or not isinstance(spec.get("priority"), int):
        return False
    try:
        whole = normalize_url(url) == url
    except ImageError:
        return False
    return whole and all(key in _OF_EXTENSION or key in _OF_TARGET for key in spec)


def _target(
    live: LiveObject, roots: Mapping[str, str], around: Surroundings | None, owner: Owner
) -> tuple[str, str, str] | None:
    """The target that the object is on; None where a raw plugin says it better."""
    selector = live.spec.get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    if live.namespace == roots.get(live.cluster) or not is_subdomain(live.namespace):
        return None
    workspace = f"organizations/{owner.organization}/tenants/{owner.tenant}/workspaces/{owner.tenant}"
    if "selector" not in live.spec:
        return (TargetKind.SECURITY_GROUP, f"{workspace}/securitygroups", "")
    if not isinstance(labels, Mapping) or not labels or not all(isinstance(one, str) for one in labels.values()):
        return None
    told = _of_tsb(live)
    if told is not None:
        return (*told, canonical(labels))
    kind = _gateway_kind(live.namespace, labels, around)
    if kind is None:
        return None
    name = next((labels[key] for key in ("istio", "app") if key in labels), next(iter(labels.values())))
    collection = PATTERNS[kind].split("/")[-2]
    return (kind, f"{workspace}/gatewaygroups/{live.namespace}/{collection}/{name}", canonical(labels))


def _of_tsb(live: LiveObject) -> tuple[TargetKind, str] | None:
    """The gateway that TSB names on its own object."""
    try:
        fqn = Fqn.parse(live.annotations.get(_FQN, ""))
    except FqnError:
        return None
    kind = _COLLECTIONS.get(fqn.pairs[-1][0])
    return (TargetKind(kind), str(fqn)) if kind is not None and TargetKind(kind).is_gateway else None


def _gateway_kind(namespace: str, labels: Mapping[str, str], around: Surroundings | None) -> TargetKind | None:
    """Which gateway some pods are: by the workloads that are known, else by well-known labels."""
    roles = {pods.role for pods in around.pods.select(namespace, labels).sure} if around is not None else set()
    if roles - {Role.UNKNOWN, Role.GATEWAY}:
        return None
    if Role.GATEWAY not in roles and workload_of_labels(labels) is not Workload.GATEWAY:
        return None
    if any(value.endswith("egressgateway") for value in labels.values()):
        return TargetKind.EGRESS_GATEWAY
    return TargetKind.INGRESS_GATEWAY
