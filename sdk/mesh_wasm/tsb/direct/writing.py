"""Writing objects of direct mode, and the IstioInternalGroups that they belong to where no document has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.planning.plan import Plan, PlannedPlugin
from mesh_wasm.rules import direct_mode as rules
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.values.naming import short_hash

from .reading import GROUP, LEVELS, PREFIX, REVISION

API_VERSION = "istiointernal.tsb.tetrate.io/v2"
Place = tuple[str, str]


class Groups:
    """The IstioInternalGroups that have to exist for what was written."""

    def __init__(self) -> None:
        self._namespaces: dict[str, set[str]] = {}
        self._clusters: dict[str, set[str]] = {}

    def name(self, workspace: Fqn, plugin: PlannedPlugin) -> str:
        """The group of a workspace's plugins; it is written with the namespaces that were asked for."""
        fqn = str(workspace)
        self._namespaces.setdefault(fqn, set()).add(f"{plugin.cluster.name}/{plugin.namespace}")
        self._clusters.setdefault(fqn, set()).add(plugin.cluster.name)
        return _name(workspace)

    def objects(self) -> list[tuple[str, dict[str, Any]]]:
        """Each group, in every cluster that has plugins of it."""
        return [
            (cluster, self._manifest(Fqn.parse(fqn)))
            for fqn, clusters in sorted(self._clusters.items())
            for cluster in sorted(clusters)
        ]

    def _manifest(self, workspace: Fqn) -> dict[str, Any]:
        annotations = _places(workspace)
        names = sorted(self._namespaces[str(workspace)])
        return {
            "apiVersion": API_VERSION,
            "kind": "Group",
            "metadata": {"name": _name(workspace), "annotations": annotations},
            "spec": {"namespaceSelector": {"names": names}},
        }


def _name(workspace: Fqn) -> str:
    return f"mesh-wasm-{short_hash(str(workspace))}"


def _places(workspace: Fqn) -> dict[str, str]:
    names = dict(workspace.pairs)
    return {PREFIX + name: names[collection] for name, collection in LEVELS.items()}


def in_direct_mode(
    plan: Plan,
    workspace_of: Callable[[Place], Fqn | None],
    group_of: Callable[[Fqn, PlannedPlugin], str],
) -> Plan:
    """The same plan, whose plugins carry the four annotations in the clusters that take them by TSB's direct mode.

    :param workspace_of: The workspace that owns a cluster's namespace.
    :param group_of: The name of the IstioInternalGroup of a workspace for a plugin.
    """
    if not any(plugin.cluster.tsb_direct for plugin in plan.plugins):
        return plan
    plugins: list[PlannedPlugin] = []
    lost: dict[Place, None] = {}
    made: dict[tuple[int, str, str], Mapping[str, Any]] = {}
    for plugin in plan.plugins:
        if not plugin.cluster.tsb_direct:
            plugins.append(plugin)
            continue
        place = plugin.cluster.name, str(plugin.namespace)
        workspace = workspace_of(place)
        if workspace is None:
            lost[place] = None
            continue
        group = group_of(workspace, plugin)
        key = id(plugin.annotations), str(workspace), group
        if key not in made:
            made[key] = {**plugin.annotations, **_places(workspace), PREFIX + GROUP: group}
        labels = {**plugin.labels, REVISION[0]: REVISION[1]}
        plugins.append(replace(plugin, annotations=made[key], labels=labels))
    findings = [
        rules.NO_WORKSPACE.at(says=f"nothing says which workspace owns namespace {namespace}.", cluster=cluster)
        for cluster, namespace in lost
    ]
    return replace(plan, plugins=tuple(plugins)).with_findings(findings)
