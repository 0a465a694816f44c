"""Writing objects of direct mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.planning.plan import Plan, PlannedPlugin
from mesh_wasm.rules import direct_mode as rules
from mesh_wasm.values.fqn import Fqn

from .reading import GROUP, LEVELS, PREFIX, REVISION

Place = tuple[str, str]


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
