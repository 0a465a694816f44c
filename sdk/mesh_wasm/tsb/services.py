"""Settings of one service (TSB ServiceSecuritySetting): which pods are meant, and what runs there instead of what else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mesh_wasm.findings.finding import Finding, listed, quoted
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.model.selector import WorkloadSelector
from mesh_wasm.model.target import TargetKind
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.surroundings.objects import Service
from mesh_wasm.values.enums import StricterLists
from mesh_wasm.yaml.file import Located

from .hierarchy import Hierarchy
from .inheritance import Attaching, Clash
from .result import Item, Source

SERVICE = ("spec", "service")


@dataclass(frozen=True, slots=True)
class Selected:
    """The pods of a service in some clusters."""

    selector: WorkloadSelector
    clusters: tuple[str, ...]


def namespace_of(source: Source) -> str:
    """The namespace of the service that a setting is about."""
    return (source.resource.service or "").partition("/")[0]


def select(source: Source, fleet: Fleet, places: Iterable[tuple[str, str]]) -> tuple[list[Selected], list[Finding]]:
    """The pods of the service, by the selector that its Service has in each cluster. Paths start at the document.

    :param places: The clusters and namespaces of the setting's group.
    """
    told = source.resource.service
    if told is None:
        return [], []
    namespace, host = told.split("/")
    name, *rest = host.split(".")
    if rest and rest[0] != namespace:
        says = f"the host {quoted(host)} is of namespace {rest[0]}, and {namespace} stands before it."
        return [], [rules.NO_SERVICE.at(*SERVICE, says=says, fix="Name one namespace.")]
    clusters = [cluster for cluster, owned in places if owned == namespace]
    if not clusters:
        says = f"its group owns no namespace {quoted(namespace)} in any cluster."
        return [], [rules.NO_SERVICE.at(*SERVICE, says=says, fix="Correct the namespace, or the group's selector.")]
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    findings: list[Finding] = []
    for cluster in clusters:
        around = fleet.get(cluster)
        service = around.surroundings.find(Service, namespace, name) if around else None
        if service is None:
            says = f"Service {namespace}/{name} is not among what is known of cluster {cluster}."
        elif not service.selector or any(not isinstance(value, str) for value in service.selector.values()):
            says = f"Service {namespace}/{name} of cluster {cluster} has no selector that can be read."
        else:
            labels = tuple(sorted((key, str(value)) for key, value in service.selector.items()))
            found.setdefault(labels, []).append(cluster)
            continue
        findings.append(rules.NO_SERVICE.at(*SERVICE, says=says, cluster=cluster))
    selected = [
        Selected(WorkloadSelector.model_construct(namespace=namespace, labels=dict(labels)), tuple(names))
        for labels, names in sorted(found.items())
    ]
    return selected, findings


def beside(hierarchy: Hierarchy, group: str, own: Attaching) -> tuple[tuple[Item, ...], list[Located]]:
    """What of a service's list has to be written, for the rest runs there already; and what stands against it.

    Plugins of the group run in all pods of the namespace. A service can add to them, and not take away.
    """
    above = hierarchy.in_force(group)
    if above.mandate is not None:
        return (), list(hierarchy.clash_findings(Clash(own, (above.mandate,), mandated=True), above))
    lost = [item for item in above.items if not any(item.is_like(one) for one in own.items)]
    if not lost:
        return tuple(item for item in own.items if not any(item.is_like(one) for one in above.items)), []
    if above.stricter is None:
        return (), [*_lost(own, lost)]
    there = {item.extension for item in above.items}
    clashes = list(hierarchy.clash_findings(Clash(own, above.lists), above))
    if hierarchy.choices.stricter is not StricterLists.UNION:
        return (), clashes
    return tuple(item for item in own.items if item.extension not in there), clashes


def _lost(own: Attaching, lost: list[Item]) -> Iterator[Located]:
    names = listed(list(dict.fromkeys(str(item.extension) for item in lost)))
    differs = {item.extension for item in lost} & {item.extension for item in own.items}
    how = "with another config or match" if differs else "without them"
    says = f"{names} runs in all of the namespace, and this service would have its list {how}."
    first = own.items[0]
    yield first.source.at(rules.SERVICE_REPLACES.at(*first.path[:-1], says=says))


def attaching(source: Source, items: tuple[Item, ...]) -> Attaching:
    """A service's list."""
    return Attaching(TargetKind.SERVICE_SETTING, str(source.resource.fqn), items)
