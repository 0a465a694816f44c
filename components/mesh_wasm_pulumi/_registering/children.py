"""Registering what a plan says: WasmPlugins and TrafficExtensions, and the pull secrets that must exist before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.planning.plan import Plan, PlannedPlugin
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm_pulumi._reading.fleet import Where
from mesh_wasm_pulumi._telling.faults import remember, watched
from mesh_wasm_pulumi._values.leaves import lower
from mesh_wasm_pulumi.args import PluginReference

from .secrets import PullSecrets


def registrations(
    component: pulumi.Resource,
    name: str,
    plan: Plan,
    where: Where,
    secrets: PullSecrets,
    gate: pulumi.Output[Any] | None,
    depends_on: list[pulumi.Resource],
) -> Iterator[Callable[[], CustomResource]]:
    """How to create the objects of a plan as children of ``component``; the plugins wait for the gate and their secrets.

    Plugins of TSB's direct mode wait for their group, too.

    Whoever calls what this yields has no frame of this module on the stack meanwhile: Pulumi sends the stack along with
    each resource, and each frame of it takes time and memory (docs/performance.md). Plugins that wait alike share their
    options.
    """
    waits: dict[Any, pulumi.Output[Any]] = {}
    options: dict[tuple[str, int, int], pulumi.ResourceOptions] = {}
    specs: dict[tuple[str, int], Any] = {}
    for plugin in plan.plugins:
        standing = None if plugin.secret is None else secrets.standing(plugin.secret)
        group = _group(plugin, where) if plugin.cluster.tsb_direct else None
        key = (plugin.cluster.name, id(standing), id(group))
        if key not in options:
            needs, gates = list(depends_on), [] if gate is None else [gate]
            if standing is not None:
                needs.append(standing.resource)
                gates += [] if standing.gate is None else [standing.gate]
            needs += [] if group is None else [group]
            options[key] = watched(where.options(component, plugin.cluster.name, _after(gates, needs, waits)))
        written = (plugin.kind, id(plugin.spec))
        if written not in specs:  # that of one extension is the same in all its places
            specs[written] = lower(plugin.written_spec())
        yield _plugin(name, plugin, specs[written], options[key])


def _group(plugin: PlannedPlugin, where: Where) -> pulumi.Resource | None:
    from .groups import direct_group  # hardly any cluster is written through TSB

    return direct_group(plugin, where)


def _after(gates: list[pulumi.Output[Any]], needs: list[pulumi.Resource], made: dict[Any, pulumi.Output[Any]]) -> Any:
    """The ``depends_on`` of a plugin: its needs, once the gates are open; one Output for all plugins that wait alike."""
    if not gates:
        return needs
    key = (tuple(map(id, gates)), tuple(map(id, needs)))
    if key not in made:
        open_: pulumi.Output[Any] = gates[0] if len(gates) == 1 else pulumi.Output.all(*gates)
        made[key] = open_.apply(lambda _: needs)
    return made[key]


def _plugin(
    name: str, plugin: PlannedPlugin, spec: Any, options: pulumi.ResourceOptions
) -> Callable[[], CustomResource]:
    child = "-".join(filter(None, (name, plugin.cluster.name, plugin.key)))
    metadata = lower(plugin.metadata())
    return partial(
        CustomResource,
        child,
        api_version=API_VERSION,
        kind=plugin.kind.value,
        metadata=metadata,
        spec=spec,
        opts=remember(child, plugin.cluster.name, plugin.kind.value, metadata, options),
    )


def references(plan: Plan) -> list[PluginReference]:
    """What a component tells of its plugins; deferred leaves are Outputs."""
    return [_reference(plugin) for plugin in plan.plugins]


def _reference(plugin: PlannedPlugin) -> Any:
    spec = plugin.spec
    told: dict[str, Any] = {
        "cluster": plugin.cluster.name,
        "namespace": plugin.namespace,
        "name": plugin.name,
        "kind": plugin.kind.value,
    }
    if not isinstance(spec, Deferred):
        told |= {
            "url": spec.get("url"),
            "phase": spec.get("phase", "UNSPECIFIED_PHASE"),
            "priority": spec.get("priority"),
        }
    return lower({key: value for key, value in told.items() if value is not None})


def user_dependencies(opts: pulumi.ResourceOptions | None) -> list[pulumi.Resource]:
    """The ``depends_on`` of a component: handed on to its children, so that destroying honours it too."""
    wanted: Any = known(opts.depends_on) if opts is not None else None
    if wanted is None or isinstance(wanted, pulumi.Output):
        return []
    many = wanted if isinstance(wanted, list | tuple) else [wanted]
    return [one for one in many if isinstance(one, pulumi.Resource)]
