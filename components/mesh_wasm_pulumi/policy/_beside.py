"""What a stack's resources tell of its plugins together: which proxies run them, and what stands beside them.

Whoever declares them, components or raw resources. A policy on one resource would have to guess which proxy runs a plugin,
and be wrong where a Gateway of the stack tells it; so the rules that ask for it speak when all resources are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.rule import CHECKS, Rule
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.lint.layout import made_for
from mesh_wasm.rules.effect import blast, sides, traffic
from mesh_wasm.rules.known_bugs.check import KNOWN_BUG
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject, Reach, SurroundedSubject
from mesh_wasm.rules.surroundings.reach import common_reach, reach
from mesh_wasm.surroundings.objects import Thing
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.values.deferred import Deferred

from ._judge import open_fields_of, waits_of
from ._objects import StackObject, Verdict, name_of, objects
from ._types import SECRET, is_plugin

ON_PROXIES: tuple[Rule, ...] = (
    traffic.SERVER_ON_GATEWAY,
    traffic.PORTS_ON_WAYPOINT,
    traffic.REFS_ON_CLASSIC_GATEWAY,
    traffic.CLIENT_ON_WAYPOINT,
    traffic.NETWORK_ON_WAYPOINT,
    traffic.SELECTOR_ON_WAYPOINT,
    traffic.SELECTOR_ON_GATEWAY_API,
    sides.BOTH_SIDES,
    blast.WHOLE_NAMESPACE,
    blast.ROOT_SELECTOR,
    KNOWN_BUG,
)
"""The rules whose answer depends on the kind of proxy that runs a plugin, which other resources may tell."""

RULES: tuple[Rule, ...] = tuple({rule.id: rule for rule, _ in CHECKS.get(SurroundedSubject, ())}.values()) + ON_PROXIES
"""The rules that look at plugins among other objects."""

_ORIGIN = "the stack"
"""All of it is declared together, as the documents of one folder are."""


def beside(rule: Rule, resources: Sequence[Any], facts: Cluster) -> Iterator[Verdict]:
    """What a rule says of each plugin of the stack. Plain Secrets are judged by policies of their own.

    :param facts: What the pack was told about the clusters of the stack.
    """
    plugins = list(objects(resources, is_plugin))
    if not plugins:
        return
    around = _things(resources)
    for one in plugins:
        if isinstance(one.props.get("spec"), Deferred) or isinstance(one.namespace, Deferred):
            yield Verdict(one, waits=f"the spec or namespace of {name_of(one.urn)}")
        else:
            yield from _judged(rule, one, facts.beside(around.get(one.cluster, ())))


def _judged(rule: Rule, one: StackObject, cluster: Cluster) -> Iterator[Verdict]:
    """Only what weighs as much as the rule: what it merely suspects does not stop anybody."""
    subjects = [subject for subject in _subjects(one, cluster) if type(subject) in rule.subjects]
    found = [finding for subject in subjects for finding in _findings(rule, subject)]
    certain = [finding for finding in found if finding.severity.rank <= rule.severity.rank]
    for finding in certain:
        yield Verdict(one, replace(finding, path=("spec", *one.path(finding.path))))
    waits = waits_of(rule, subjects, open_fields_of(one.kind, one.props.get("spec")))
    if waits and not certain:
        yield Verdict(one, waits=f"spec.{waits} of {name_of(one.urn)}")


def _subjects(one: StackObject, cluster: Cluster) -> Iterator[Any]:
    spec, namespace = one.model, one.namespace or "default"
    made = made_for(one.props)
    reached = common_reach(spec, [(cluster, namespace)]) if made is None else Reach(made)
    yield PluginSubject(spec, reached.workload, True, reached.reason)
    yield ClusterPluginSubject(spec, cluster.mesh, namespace, reached.meant, True)
    around = cluster.surroundings
    if around:
        among = reach(spec, namespace, around, cluster.root_namespace)
        yield SurroundedSubject(spec, cluster.mesh, namespace, around, among, _ORIGIN)


def _findings(rule: Rule, subject: Any) -> Iterator[Finding]:
    for checked, check in CHECKS.get(type(subject), ()):
        if checked is rule:
            yield from check(subject)


def _things(resources: Sequence[Any]) -> dict[str, list[Thing]]:
    """The other objects of the stack, by cluster."""
    found: dict[str, list[Thing]] = defaultdict(list)
    for one in objects(resources, lambda type_: type_.startswith("kubernetes:") and type_ != SECRET):
        thing = read_thing(_named(one), _ORIGIN)
        if thing is not None and not is_plugin(one.type):
            found[one.cluster].append(thing)
    return found


def _named(one: StackObject) -> Mapping[str, Any]:
    """The object with its head, which the type tells, and the name of its resource where the provider will give one."""
    _, version, kind = one.type.split(":", 2)
    metadata = one.props.get("metadata")
    held = dict(metadata) if isinstance(metadata, Mapping) else {}
    if not isinstance(held.get("name"), str):
        held["name"] = f"({name_of(one.urn)})"
    held.setdefault("namespace", "default")
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, **one.props, "metadata": held}
