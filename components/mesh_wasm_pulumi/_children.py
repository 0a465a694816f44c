"""Registering what a plan says: WasmPlugins, and the pull secrets that must exist before them."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from mesh_wasm.deferred import Deferred, known
from mesh_wasm.plan import Plan, PlannedPlugin
from mesh_wasm.plugin import API_VERSION, KIND

from ._faults import watched
from ._fleet import Where
from ._leaves import lower
from ._secrets import PullSecrets
from .args import PluginReference


def register(
    component: pulumi.Resource,
    name: str,
    plan: Plan,
    where: Where,
    secrets: PullSecrets,
    gate: pulumi.Output[Any] | None,
    depends_on: list[pulumi.Resource],
) -> list[CustomResource]:
    """Create the objects of a plan as children of ``component``; the plugins wait for the gate and their secrets."""
    made = []
    waits: dict[Any, pulumi.Output[Any]] = {}
    for plugin in plan.plugins:
        needs, gates = list(depends_on), [] if gate is None else [gate]
        if plugin.secret is not None:
            standing = secrets.standing(plugin.secret)
            needs.append(standing.resource)
            gates += [] if standing.gate is None else [standing.gate]
        made.append(_plugin(component, name, plugin, where, _after(gates, needs, waits)))
    return made


def _after(gates: list[pulumi.Output[Any]], needs: list[pulumi.Resource], made: dict[Any, pulumi.Output[Any]]) -> Any:
    """The ``depends_on`` of a plugin: its needs, once the gates are open; one Output for all plugins that wait alike."""
    if not gates:
        return needs
    key = (tuple(map(id, gates)), tuple(map(id, needs)))
    if key not in made:
        made[key] = pulumi.Output.all(*gates).apply(lambda _: needs)
    return made[key]


def _plugin(
    component: pulumi.Resource,
    name: str,
    plugin: PlannedPlugin,
    where: Where,
    depends_on: Any,
) -> CustomResource:
    child = "-".join(part for part in (name, plugin.cluster.name, plugin.key) if part)
    metadata = lower(plugin.metadata())
    options = where.options(component, plugin.cluster.name, depends_on)
    return CustomResource(
        child,
        api_version=API_VERSION,
        kind=KIND,
        metadata=metadata,
        spec=lower(plugin.spec),
        opts=watched(options, child, plugin.cluster.name, KIND, metadata),
    )


def references(plan: Plan) -> list[PluginReference]:
    """What a component tells of its plugins; deferred leaves are Outputs."""
    return [_reference(plugin) for plugin in plan.plugins]


def _reference(plugin: PlannedPlugin) -> Any:
    spec = plugin.spec
    told = {"cluster": plugin.cluster.name, "namespace": plugin.namespace, "name": plugin.name}
    if not isinstance(spec, Deferred):
        told |= {"url": spec["url"], "phase": spec.get("phase", "UNSPECIFIED_PHASE"), "priority": spec["priority"]}
    return lower(told)


def user_dependencies(opts: pulumi.ResourceOptions | None) -> list[pulumi.Resource]:
    """The ``depends_on`` of a component: handed on to its children, so that destroying honours it too."""
    wanted: Any = known(opts.depends_on) if opts is not None else None
    if wanted is None or isinstance(wanted, pulumi.Output):
        return []
    many = wanted if isinstance(wanted, list | tuple) else [wanted]
    return [one for one in many if isinstance(one, pulumi.Resource)]
