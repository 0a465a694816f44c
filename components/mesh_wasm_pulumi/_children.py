"""Registering what a plan says: WasmPlugins, and the pull secrets that must exist before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from mesh_wasm.deferred import Deferred, known
from mesh_wasm.plan import Plan, PlannedPlugin, PlannedSecret
from mesh_wasm.plugin import API_VERSION, KIND
from mesh_wasm.pullsecret import SECRET_KEY, SECRET_TYPE

from ._fleet import Where
from ._leaves import lower
from ._ledger import ledger
from .args import PluginReference


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a planned Secret belongs, and what is put into it."""

    owner: pulumi.Resource | None
    """The PullSecret that is the parent; None: the stack."""
    name: str
    """What the resource is called after."""
    text: pulumi.Input[str]
    """The ``.dockerconfigjson`` text."""


def register(
    component: pulumi.Resource,
    name: str,
    plan: Plan,
    where: Where,
    sources: Mapping[int, SecretSource],
    gate: pulumi.Output[Any] | None,
    depends_on: list[pulumi.Resource],
) -> list[CustomResource]:
    """Create the objects of a plan as children of ``component``; the plugins wait for the gate and their secrets.

    ``sources`` gives the source of each pull secret by the identity of its model.
    """
    secrets: dict[tuple[str, Any, Any], pulumi.Resource] = {}
    for planned in plan.secrets:
        key = (planned.cluster.name, _key(planned.namespace), str(planned.name))
        make = partial(_secret, planned, where, sources[id(planned.secret)], depends_on)
        secrets[key] = ledger().secret(key, make)
    made = []
    for plugin in plan.plugins:
        needs = list(depends_on)
        if plugin.secret is not None:
            needs.append(secrets[plugin.cluster.name, _key(plugin.namespace), str(plugin.secret.name)])
        made.append(_plugin(component, name, plugin, where, needs, gate))
    return made


def _key(namespace: str | Deferred) -> Any:
    return namespace if isinstance(namespace, str) else id(namespace)


def _plugin(
    component: pulumi.Resource,
    name: str,
    plugin: PlannedPlugin,
    where: Where,
    needs: list[pulumi.Resource],
    gate: pulumi.Output[Any] | None,
) -> CustomResource:
    depends_on: Any = needs if gate is None else gate.apply(lambda _: needs)
    return CustomResource(
        "-".join(part for part in (name, plugin.cluster.name, plugin.key) if part),
        api_version=API_VERSION,
        kind=KIND,
        metadata=lower(plugin.metadata()),
        spec=lower(plugin.spec),
        opts=where.options(component, plugin.cluster.name, depends_on),
    )


def _secret(
    planned: PlannedSecret, where: Where, source: SecretSource, depends_on: list[pulumi.Resource]
) -> pulumi.Resource:
    # This module is 480 ms of imports: only a program that makes a Secret pays for it (facts/pulumi.md, E1).
    from pulumi_kubernetes.core.v1 import Secret

    manifest = planned.manifest(None)
    return Secret(
        f"{source.name}-{planned.cluster.name}-{planned.key}",
        metadata=lower(manifest["metadata"]),
        type=SECRET_TYPE,
        string_data={SECRET_KEY: source.text},
        opts=where.options(source.owner, planned.cluster.name, depends_on),
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
