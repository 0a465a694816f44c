"""What the other resources of a stack tell of its WasmPlugins: whoever declares them, components or raw resources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesh_wasm.findings.finding import format_path
from mesh_wasm.findings.rule import CHECKS, Rule
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.rules.surroundings.reach import reach
from mesh_wasm.rules.surroundings.selection import NO_WORKLOAD
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Thing
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.values.deferred import Deferred

from ._objects import StackObject, Verdict, name_of, objects
from ._types import SECRET, is_plugin

RULES: tuple[Rule, ...] = tuple({rule.id: rule for rule, _ in CHECKS.get(SurroundedSubject, ())}.values())
"""The rules that look at plugins among other objects."""


def beside(rule: Rule, resources: Sequence[Any]) -> Iterator[Verdict]:
    """What a rule says of each plugin of the stack. Plain Secrets are judged by policies of their own."""
    plugins = list(objects(resources, is_plugin))
    if not plugins:
        return
    around = _surroundings(resources)
    for one in plugins:
        spec = one.form
        if isinstance(spec, Deferred) or isinstance(one.namespace, Deferred):
            yield Verdict("", one.urn, waits=f"the spec or namespace of {name_of(one.urn)}")
        elif one.cluster in around:
            yield from _judged(rule, one, spec, around[one.cluster])


def _judged(rule: Rule, one: StackObject, spec: Any, around: Surroundings) -> Iterator[Verdict]:
    model = parse(WasmPluginSpec, spec).value
    cluster, namespace = Cluster(name=""), one.namespace or "default"
    subject = SurroundedSubject(
        model, cluster.mesh, namespace, around, reach(model, namespace, around, cluster.root_namespace)
    )
    for checked, check in CHECKS[SurroundedSubject]:
        for finding in check(subject) if checked is rule else ():
            # Labels may come from anywhere; names of objects are told by every policy.
            says = f"{rule.title}." if rule is NO_WORKLOAD else finding.message
            place = format_path(("spec", *finding.path))
            yield Verdict(f"{one.kind} {namespace}/{one.name}: {place}: {says}", one.urn)


def _surroundings(resources: Sequence[Any]) -> dict[str, Surroundings]:
    """The other objects of the stack, by cluster."""
    found: dict[str, list[Thing]] = defaultdict(list)
    for one in objects(resources, lambda type_: type_.startswith("kubernetes:") and type_ != SECRET):
        thing = read_thing(_named(one), name_of(one.urn))
        if thing is not None:
            found[one.cluster].append(thing)
    return {cluster: Surroundings(things) for cluster, things in found.items()}


def _named(one: StackObject) -> Mapping[str, Any]:
    """The object with its head, which the type tells, and the name of its resource where the provider will give one."""
    _, version, kind = one.type.split(":", 2)
    metadata = one.props.get("metadata")
    held = dict(metadata) if isinstance(metadata, Mapping) else {}
    if not isinstance(held.get("name"), str):
        held["name"] = f"({name_of(one.urn)})"
    held.setdefault("namespace", "default")
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, **one.props, "metadata": held}
