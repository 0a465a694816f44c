"""Whose an object is: what stands against taking it over, and what to do with its former owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.values.labels import EXTENSION, MANAGED_BY, MANAGER

from .live import LiveObject

_GITOPS = (
    ("annotations", "argocd.argoproj.io/tracking-id", "Argo CD"),
    ("labels", "argocd.argoproj.io/instance", "Argo CD"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux"),
)
_PULUMI = "pulumi-kubernetes"
_KUBECTL = "kubectl"
_RELEASE = "meta.helm.sh/release-name"
_KEEP = "helm.sh/resource-policy"


def obstacle(one: LiveObject) -> str | None:
    """Why the object cannot be taken over, as a sentence; None where nothing is known against it."""
    if one.labels.get(MANAGED_BY) == MANAGER or EXTENSION in one.annotations:
        return (
            "a mesh-wasm program declares it already. Look for it there; `pulumi state move` takes it to another stack."
        )
    if one.metadata.get("deletionTimestamp") is not None:
        return "it is being deleted."
    if owners := [_owner(owner) for owner in _list(one.metadata.get("ownerReferences"))]:
        return (
            f"{' and '.join(owners)} made it and owns it: what is changed is changed back. Declare the owner instead."
        )
    if any(manager.startswith(_PULUMI) for manager in managers(one)):
        return "another Pulumi stack manages it. `pulumi state move` takes it from stack to stack."
    if not one.namespace:
        return "its manifest names no namespace. Read it from the cluster: `kubectl get wasmplugins -A -o yaml`."
    return None


def is_ours(one: LiveObject) -> bool:
    """Whether a mesh-wasm program has written it."""
    return one.labels.get(MANAGED_BY) == MANAGER or EXTENSION in one.annotations


def notes(one: LiveObject) -> Iterator[str]:
    """What else has to be done so that nobody writes it beside the program, as sentences."""
    manager = one.labels.get(MANAGED_BY, "").lower()
    release = one.annotations.get(_RELEASE)
    if release is not None or manager == "helm":
        of = f"Helm's release {release}" if release else "a Helm release"
        if one.annotations.get(_KEEP) == "keep":
            yield f"{of} keeps it when it is gone from the chart (helm.sh/resource-policy): take it out there."
        else:
            yield (
                f"{of} still writes it, and an uninstall deletes it. Give it the annotation helm.sh/resource-policy: keep "
                "in the chart, upgrade, adopt, then take it out of the chart."
            )
    if manager == "tsb":
        yield "TSB still writes it: take the extension off the gateway or group there, or TSB and the program alternate."
    for part, key, who in _GITOPS:
        if key in (one.labels if part == "labels" else one.annotations):
            yield f"{who} still writes it ({key}): take it out of what {who} syncs first, without pruning it."
            break
    if rivals := sorted(name for name in managers(one) if not name.startswith(_KUBECTL)):
        yield (
            f"the field manager {', '.join(rivals)} holds its fields. Nothing is written by adopting; for the first change "
            "run `PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up` once, which takes the fields over."
        )


def managers(one: LiveObject) -> set[str]:
    """The field managers of the spec; none where the manifest does not show them (`--show-managed-fields`)."""
    fields = [entry for entry in _list(one.metadata.get("managedFields")) if isinstance(entry, Mapping)]
    return {str(entry.get("manager")) for entry in fields if "f:spec" in (entry.get("fieldsV1") or {})}


def _owner(value: Any) -> str:
    return f"{value.get('kind')} {value.get('name')}" if isinstance(value, Mapping) else "another object"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
