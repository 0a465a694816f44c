"""Reading objects of direct mode (TSB types v2: Istio objects must have four annotations)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.rules import direct_mode as rules
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import TARGET

PREFIX = "tsb.tetrate.io/"
LEVELS = {"organization": "organizations", "tenant": "tenants", "workspace": "workspaces"}
"""The annotations that say where an object belongs, and the collections of the FQN."""
GROUP = "istioInternalGroup"
_GROUPS = (GROUP, "gatewayGroup", "securityGroup", "trafficGroup")
REVISION = ("istio.io/rev", "tsb")
"""The label that keeps the cluster's own Istio from taking the object before TSB does."""


@dataclass(frozen=True, slots=True)
class Direct:
    """Where an object of direct mode belongs."""

    workspace: str
    """FQN of its workspace."""
    group: str
    """FQN of its IstioInternalGroup."""


def _annotations(document: Any) -> Mapping[str, Any]:
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_direct(document: Any) -> bool:
    """Whether an object says that it is of TSB's direct mode. What TSB has made itself carries other annotations."""
    found = _annotations(document)
    return any(PREFIX + name in found for name in (*LEVELS, *_GROUPS))


def annotation_findings(document: Any) -> Iterator[Finding]:
    """What is wrong with the annotations of an object of direct mode. Paths start at the document."""
    if not is_direct(document):
        return
    found = _annotations(document)
    path = ("metadata", "annotations")
    for name in LEVELS:
        if PREFIX + name not in found:
            says = f"the annotation {PREFIX}{name} is missing, and the others are there."
            yield rules.ANNOTATIONS.at(*path, says=says, fix=f"Add `{PREFIX}{name}: <{name}>`.")
    groups = [name for name in _GROUPS if PREFIX + name in found]
    if not groups:
        says = f"nothing says which group it is of: {PREFIX}{GROUP} is missing."
        yield rules.ANNOTATIONS.at(*path, says=says, fix=f"Add `{PREFIX}{GROUP}: <group>`.")
    elif len(groups) > 1:
        says = f"it is of several groups ({', '.join(groups)}), and an object is of one."
        yield rules.ANNOTATIONS.at(*path, says=says, fix="Keep one of them.")
    elif groups != [GROUP]:
        says = f"{PREFIX}{groups[0]} is for other kinds; TSB has plugins of direct mode below istiointernalgroups."
        fix = f"Write {PREFIX}{GROUP}, with an IstioInternalGroup of the workspace."
        yield rules.ANNOTATIONS.at(*path, PREFIX + groups[0], says=says, fix=fix, severity=Severity.WARNING)
    for name in (*LEVELS, *groups):
        value = found.get(PREFIX + name)
        if value is not None and (not isinstance(value, str) or not value or "/" in value):
            says = f"the {name} must be a name: a text without '/'."
            yield rules.ANNOTATIONS.at(*path, PREFIX + name, says=says, fix=f"Write `{PREFIX}{name}: <{name}>`.")
    yield from _contradictions(found)


def _contradictions(found: Mapping[str, Any]) -> Iterator[Finding]:
    """What it says of its place against what it was made for."""
    try:
        made_for = dict(Fqn.parse(str(found.get(TARGET, ""))).pairs)
    except FqnError:
        return
    for name, collection in LEVELS.items():
        told, wanted = found.get(PREFIX + name), made_for.get(collection)
        if told is not None and wanted is not None and told != wanted:
            says = f"the {name} is {quoted(told)} here, and it was made for {found[TARGET]}."
            fix = f"Write `{PREFIX}{name}: {wanted}`, or make it anew."
            yield rules.ANNOTATIONS.at("metadata", "annotations", PREFIX + name, says=says, fix=fix)


def read_direct(document: Any) -> Direct | None:
    """Where an object belongs; None where its annotations do not say it."""
    found = _annotations(document)
    names = {name: found.get(PREFIX + name) for name in (*LEVELS, GROUP)}
    if not all(isinstance(value, str) and value and "/" not in value for value in names.values()):
        return None
    workspace = "/".join(f"{collection}/{names[name]}" for name, collection in LEVELS.items())
    return Direct(workspace, f"{workspace}/istiointernalgroups/{names[GROUP]}")


def plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of an object without what is direct mode's: as it stands in a cluster that TSB does not write."""
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if (key, value) != REVISION}
    own = {PREFIX + name for name in (*LEVELS, *_GROUPS)}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key not in own}
    kept = {"name": metadata.get("name"), "namespace": metadata.get("namespace")}
    return kept | ({"labels": labels} if labels else {}) | ({"annotations": annotations} if annotations else {})
