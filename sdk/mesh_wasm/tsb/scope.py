"""Which namespaces a target reaches: those of its group, within those of its workspace (TSB NamespaceSelector)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from mesh_wasm.findings import documents
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.fleet.placement import SELECTOR
from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.deferred import Deferred

from .documents.resource import Resource


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``cluster/namespace`` entry of a target's selector, and where it is written."""

    text: str | Deferred
    source: Resource
    index: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The entries of a target's selector; None where no document tells them."""

    entries: tuple[Entry, ...] | None
    missing: tuple[Finding, ...] = ()
    """What is not among the documents; told at the target. Paths start at the document."""


def reach(kind: TargetKind, group_fqn: str, group: Resource | None, workspace: Resource | None) -> Reach:
    """The namespaces of a target of a group. Without its workspace, the group is taken at its word."""
    needed = kind is TargetKind.SECURITY_GROUP
    if group is None:
        # A gateway names its namespace itself; only the clusters are open. A security group names nothing.
        says = f"the group {group_fqn} is not among the documents"
        if needed:
            return Reach(None, (_missing(f"{says}, and only it says which namespaces are meant.", _GROUP_FIX),))
        says += "; the gateway is placed in every cluster of the inventory that has its namespace."
        return Reach(_entries(workspace), (_missing(says, _GROUP_FIX, Severity.WARNING),))
    mine, owned = _entries(group), _entries(workspace)
    if mine is None:
        if owned is not None:
            return Reach(owned)
        says = f"the group {group_fqn} has no namespaceSelector, and its workspace is not among the documents."
        return Reach(None, (_missing(says, _WORKSPACE_FIX, Severity.ERROR if needed else Severity.WARNING),))
    if owned is not None:
        return Reach(tuple(_within(mine, owned)))
    if needed and any(isinstance(entry.text, str) and entry.text.endswith("*") for entry in mine):
        says = f"the group {group_fqn} claims namespaces by a wildcard, and its workspace is not among the documents; "
        says += "all that match are taken, also those that the workspace does not own."
        return Reach(mine, (_missing(says, _WORKSPACE_FIX, Severity.WARNING),))
    return Reach(mine)


def whole_reach(workspace: Resource | None) -> Reach:
    """All that a workspace owns."""
    return Reach(_entries(workspace))


def within_workspace(group: Resource, workspace: Resource | None) -> Reach:
    """All that a group has of its workspace; without a selector of its own, all of it."""
    mine, owned = _entries(group), _entries(workspace)
    if mine is None or owned is None:
        return Reach(owned if mine is None else mine)
    return Reach(tuple(_within(mine, owned)))


def covers(reach: Reach, cluster: str | None, namespace: str) -> bool:
    """Whether the entries select a namespace of a cluster, or of some cluster."""
    one = f"{cluster or '*'}/{namespace}"
    return any(meet(entry.text, one) is not None for entry in reach.entries or ())


_GROUP_FIX = "Add the Group to the documents: `tctl get gatewaygroup|securitygroup <name> -o yaml`."
_WORKSPACE_FIX = "Add the Workspace to the documents: `tctl get workspace <name> -o yaml`."


def _missing(says: str, fix: str, severity: Severity | None = None) -> Finding:
    return documents.NO_SCOPE.at("metadata", says=says, fix=fix, severity=severity)


def _entries(resource: Resource | None) -> tuple[Entry, ...] | None:
    if resource is None or resource.scope is None:
        return None
    return tuple(Entry(text, resource, index) for index, text in enumerate(resource.scope))


def _within(group: tuple[Entry, ...], workspace: tuple[Entry, ...]) -> Iterator[Entry]:
    """The group's entries, narrowed to the workspace's; what cannot be read stays, for placement to refuse it."""
    seen: set[str] = set()
    for mine, owned in product(group, workspace):
        text = meet(mine.text, owned.text)
        if text is not None and text not in seen:
            seen.add(text)
            yield Entry(text, mine.source, mine.index)
    for mine in group:
        if not isinstance(mine.text, str) or not SELECTOR.match(mine.text):
            yield mine


def meet(one: str | Deferred, other: str | Deferred) -> str | None:
    """The entry that selects what both select; None where they have nothing in common."""
    if not all(isinstance(text, str) and SELECTOR.match(text) for text in (one, other)):
        return None
    (cluster, names), (other_cluster, other_names) = str(one).split("/"), str(other).split("/")
    if "*" not in (cluster, other_cluster) and cluster != other_cluster:
        return None
    both = other_cluster if cluster == "*" else cluster
    wide, narrow = sorted((names, other_names), key=_narrowness)
    if wide.endswith("*") and narrow.startswith(wide[:-1]):
        return f"{both}/{narrow}"
    return f"{both}/{narrow}" if wide == narrow else None


def _narrowness(names: str) -> tuple[bool, int]:
    return (not names.endswith("*"), len(names))


def outside(group: Resource, workspace: Resource | None) -> Iterator[Finding]:
    """Findings about entries of a group of which its workspace owns nothing; paths start at the group's document."""
    owned = _entries(workspace)
    if owned is None or workspace is None:
        return
    for index, text in enumerate(group.scope or ()):
        if not isinstance(text, str) or not SELECTOR.match(text):
            continue
        if all(meet(text, entry.text) is None for entry in owned):
            names = ", ".join(str(entry.text) for entry in owned) or "nothing"
            says = f"{quoted(text)} is nothing that the workspace owns; it owns {names}."
            yield documents.OUTSIDE.at("spec", "namespaceSelector", "names", index, says=says)
