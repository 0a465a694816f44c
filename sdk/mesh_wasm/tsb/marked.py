"""What the objects of a plan say besides: what is waived where they come from, and what they take the place of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.planning.plan import Plan
from mesh_wasm.rules.waivers import ANNOTATION
from mesh_wasm.values.deferred import known
from mesh_wasm.values.labels import EXTENSION, REPLACES

from .index import Index
from .result import Item
from .targets import Wanted


def with_waivers(plan: Plan, items: Iterable[Item], index: Index) -> Plan:
    """The same plan, whose objects carry what is waived in the documents that they come from: lint sees it there."""
    waived: dict[object, str] = {}
    for item in items:
        entry = index.extension(known(item.attachment.fqn))
        waivers = (*(entry.waivers if entry else ()), *item.source.waivers)
        waived[item.attachment.fqn] = "\n".join(dict.fromkeys(map(str, waivers)))
    if not any(waived.values()):
        return plan
    plugins = []
    made: dict[int, Mapping[str, Any]] = {}
    for plugin in plan.plugins:
        text = waived.get(plugin.annotations.get(EXTENSION))
        if text and id(plugin.annotations) not in made:
            made[id(plugin.annotations)] = {**plugin.annotations, ANNOTATION: text}
        plugins.append(replace(plugin, annotations=made[id(plugin.annotations)]) if text else plugin)
    return replace(plan, plugins=tuple(plugins))


def with_replaced(plan: Plan, wanted: Wanted) -> Plan:
    """The same plan, whose objects say what they replace of what is set above them."""
    if not wanted.replaces:
        return plan
    # What many plugins say alike is held once: a fleet has a hundred thousand of them.
    made: dict[tuple[int, tuple[str, ...]], Mapping[str, Any]] = {}
    plugins = []
    for plugin in plan.plugins:
        gone = wanted.replaces.get((plugin.cluster.name, str(plugin.namespace)), ())
        key = id(plugin.annotations), gone
        if gone and key not in made:
            made[key] = {**plugin.annotations, REPLACES: ", ".join(gone)}
        plugins.append(replace(plugin, annotations=made[key]) if gone else plugin)
    return replace(plan, plugins=tuple(plugins))
