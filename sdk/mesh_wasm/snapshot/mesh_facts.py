"""What a cluster's objects say of its mesh: control planes, tags, and the mirrors of registries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mesh_wasm.surroundings.leaves import at, mapping, maps, text

from .snapshot import ControlPlane

REV, TAG = "istio.io/rev", "istio.io/tag"
_VERSION = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)(?:[-+_.].*)?")
_VERSION_LABELS = ("app.kubernetes.io/version", "operator.istio.io/version")


def control_planes(
    deployments: Iterable[Mapping[str, Any]], webhooks: Iterable[Mapping[str, Any]]
) -> tuple[ControlPlane, ...]:
    """The control planes: istiod's Deployments, and those that only a webhook of injection tells of (external ones)."""
    held = list(webhooks)
    tags: dict[str, set[str]] = {}
    remote: dict[str, str] = {}
    for hook in held:
        carried = mapping(at(hook, "metadata", "labels"))
        revision = text(carried.get(REV))
        if revision is None or (TAG not in carried and carried.get("app") != "sidecar-injector"):
            continue
        if TAG in carried:
            tags.setdefault(revision, set()).add(str(carried[TAG]))
        services = [text(at(one, "clientConfig", "service", "namespace")) for one in maps(hook.get("webhooks"))]
        remote.setdefault(revision, next(filter(None, services), "istio-system"))
    planes = {}
    for deployment in deployments:
        carried = mapping(at(deployment, "metadata", "labels"))
        if carried.get("app") != "istiod" and carried.get("istio") not in ("pilot", "istiod"):
            continue
        revision = text(carried.get(REV)) or "default"
        planes[revision] = ControlPlane(
            revision,
            _version(deployment),
            str(at(deployment, "metadata", "namespace")),
            tuple(sorted(tags.get(revision, ()))),
        )
    for revision, namespace in remote.items():
        if revision not in planes:
            planes[revision] = ControlPlane(revision, None, namespace, tuple(sorted(tags.get(revision, ()))))
    return tuple(planes[revision] for revision in sorted(planes))


def _version(deployment: Mapping[str, Any]) -> str | None:
    """The version of the image, else that of the labels: who moves the image by hand leaves the labels behind."""
    told = []
    for container in maps(at(deployment, "spec", "template", "spec", "containers")):
        image = text(container.get("image")) or ""
        if container.get("name") == "discovery" or "/pilot" in image:
            told.append(image.partition("@")[0].rpartition("/")[2].partition(":")[2])
    for labels in (at(deployment, "metadata", "labels"), at(deployment, "spec", "template", "metadata", "labels")):
        told += [text(mapping(labels).get(name)) or "" for name in _VERSION_LABELS]
    return next((found[1] for one in told if (found := _VERSION.fullmatch(one))), None)


def mirrors(sets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The mirrors of whole registries that OpenShift's ImageTagMirrorSets and ImageDigestMirrorSets name; the first of each.

    Istio's agent does not know them: it asks what the plugin says, so the plugin has to say the mirror.
    """
    found: dict[str, str] = {}
    for one in sorted(sets, key=lambda one: (str(one.get("kind")), str(at(one, "metadata", "name")))):
        for field in ("imageTagMirrors", "imageDigestMirrors"):
            for entry in maps(at(one, "spec", field)):
                source, targets = text(entry.get("source")), entry.get("mirrors")
                if source and "/" not in source and "*" not in source and isinstance(targets, list) and targets:
                    found.setdefault(source, str(targets[0]))
    return found
