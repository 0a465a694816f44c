"""Objects of direct mode among documents: where they go, and whether their group has their namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mesh_wasm.findings import documents
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.parse import parse
from mesh_wasm.modules.locked import Lock
from mesh_wasm.planning.plan import Plan, PlannedPlugin
from mesh_wasm.planning.plugins import PluginDocument, plan_plugin
from mesh_wasm.rules import direct_mode as rules
from mesh_wasm.tsb.documents.kinds import INTERNAL_GROUP
from mesh_wasm.tsb.index import Index
from mesh_wasm.tsb.scope import Reach, covers, within_workspace
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.yaml.file import Document

from .reading import Direct, plain, read_direct


@dataclass(frozen=True, slots=True)
class _Home:
    """Where one object may stand."""

    where: Direct
    namespace: str
    reach: Reach


def group_name(index: Index, workspace: Fqn, plugin: PlannedPlugin) -> str | None:
    """The IstioInternalGroup of a workspace that has a plugin's namespace; None where no document is one."""
    place = plugin.cluster.name, str(plugin.namespace)
    for kind, fqn, source in sorted(index, key=lambda one: one[1]):
        if kind is INTERNAL_GROUP and fqn.startswith(f"{workspace}/"):
            reach = within_workspace(source.resource, index.workspace(source.resource.fqn))
            if covers(reach, *place):
                return fqn.rpartition("/")[2]
    return None


def group_findings(index: Index, document: Document) -> Iterator[Finding]:
    """Whether the group of an object has its namespace. Paths start at the document."""
    home = _home(index, document)
    if home is None:
        return
    if home.reach.entries is None:
        says = f"the group {home.where.group} is not among the documents."
        fix = "Add the IstioInternalGroup to the documents: `tctl get istiointernalgroup <name> -o yaml`."
        yield documents.NO_SCOPE.at("metadata", says=says, fix=fix, severity=Severity.WARNING)
    elif not covers(home.reach, None, home.namespace):
        says = f"its group {home.where.group} has no namespace {quoted(home.namespace)} in any cluster."
        yield rules.OUTSIDE_GROUP.at("metadata", "namespace", says=says)


def _home(index: Index, document: Document) -> _Home | None:
    where = read_direct(document.value)
    metadata = document.value.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    if where is None or not isinstance(namespace, str):
        return None
    source = index.get(INTERNAL_GROUP, where.group)
    if source is None:
        return _Home(where, namespace, Reach(None))
    return _Home(where, namespace, within_workspace(source.resource, index.workspace(source.resource.fqn)))


def plan_direct(index: Index, document: Document, fleet: Fleet, lock: Lock | None) -> Plan:
    """An object of direct mode in every cluster that its group covers; plain where the cluster takes plain ones."""
    home = _home(index, document)
    if home is None:
        return Plan()
    clusters = [cluster for cluster in fleet if cluster.has_namespace(home.namespace)]
    if home.reach.entries is not None:
        clusters = [cluster for cluster in clusters if covers(home.reach, cluster.name, home.namespace)]
    plans = [
        _plan(document, [one.name for one in clusters if one.tsb_direct is direct], fleet, lock, direct=direct)
        for direct in (False, True)
    ]
    return Plan(
        tuple(plugin for plan in plans for plugin in plan.plugins),
        tuple(secret for plan in plans for secret in plan.secrets),
        tuple(dict.fromkeys(finding for plan in plans for finding in plan.findings)),
    )


def _plan(document: Document, names: list[str], fleet: Fleet, lock: Lock | None, *, direct: bool) -> Plan:
    if not names:
        return Plan()
    metadata = document.value.get("metadata") or {}
    kept = {key: metadata[key] for key in ("name", "namespace", "labels", "annotations") if metadata.get(key)}
    given = {"metadata": kept if direct else plain(metadata), "spec": document.value.get("spec")}
    parsed = parse(PluginDocument, given, wire=True)
    plan = plan_plugin(parsed.value, str(metadata.get("name")), fleet, Selection(names=names), lock=lock)
    return plan.with_findings(parsed.findings)
