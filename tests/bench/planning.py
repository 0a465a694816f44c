"""Planning alone, without Pulumi: parse, place, order, check, find ties across targets, and render to manifests."""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from .children import sample, tell
from .figures import Figure, column, take_turns

SECTION = "planning"
IMAGE = "oci://registry.acme.io/filters/acl-check:1.4.2@sha256:" + "7e" * 32
TENANT = "organizations/acme/tenants/shop/workspaces/web"
CLUSTERS, EXTENSIONS, NAMESPACES = 10, 5, 100
SHAPES = {
    "gateways": "many gateways, 5 extensions on each in 10 clusters",
    "groups": "security groups of 100 namespaces in 10 clusters",
    "tied": "many gateways, all priorities equal",
    "organization": "workspaces of 10 namespaces, with defaults on every level of TSB's hierarchy",
    "surrounded": "many gateways, with as many other objects known of the clusters",
}

ALSO = {"organization": (10_000,)}
"""Sizes that are measured besides: 10,000 namespaces in 1,000 workspaces."""


def figures(sizes: list[int], times: int) -> Iterator[Figure]:
    """Microseconds a placement at the largest size, and their growth from the smallest.

    The growth is shown twice: as it is, and with Python's collector of cyclic garbage at rest. The collector goes
    through everything that the program keeps, again and again; what grows without it would be our own doing.
    """
    least, largest = sizes[0], sizes[-1]
    wanted = [(shape, most) for shape in SHAPES for most in sorted({*ALSO.get(shape, ()), largest})]
    for shape, most in wanted:
        title = SHAPES[shape]
        for collector, called, aim in (("on", "growth", 1.2), ("off", "growth without garbage collection", 1.2)):
            small, large = take_turns(
                lambda shape=shape, collector=collector: sample("bench.planning", shape, str(least), collector),
                lambda shape=shape, most=most, collector=collector: sample(
                    "bench.planning", shape, str(most), collector
                ),
                max(2, times // 2),
            )
            few, many = column(small, "each"), column(large, "each")
            size = f"{most:,} placements"
            if collector == "on":
                yield Figure(SECTION, title, size, "µs each", many, aim=100)
                yield Figure(SECTION, f"{title}, memory", size, "MiB", column(large, "rss"))
            yield Figure(SECTION, called, size, "µs each", many, few, f"{least:,} placements", aim)


def main(shape: str, placements: str, collector: str) -> None:
    """One sample, after a small one that fills the caches which every process fills once."""
    PLANS[shape](1_000)
    gc.collect()
    if collector == "off":
        gc.disable()
    cpu = time.process_time()
    made = PLANS[shape](int(placements))
    spent = time.process_time() - cpu
    if made != int(placements):
        raise SystemExit(f"{made} placements were planned, not {placements}")
    tell(each=spent / made * 1e6, rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _fleet(objects: int) -> Any:
    """Clusters that hold so many other objects together: Deployments and Services of the gateways."""
    from mesh_wasm.fleet.cluster import Cluster, Fleet
    from mesh_wasm.model.parse import parse

    names = [f"team-{number}" for number in range(NAMESPACES)]
    facts: dict[str, Any] = {"istio_version": "1.27", "namespaces": ["edge", *names]}
    facts["surroundings"] = [
        made for number in range(objects // CLUSTERS // 2) for made in (_deployment(number), _service(number))
    ]
    return Fleet(parse(Cluster, {"name": f"cluster-{number}", **facts}).value for number in range(CLUSTERS))


def _deployment(number: int) -> dict[str, Any]:
    labels = {"app": f"gateway-{number}", "version": "v1"}
    container = {"name": "istio-proxy", "image": "auto", "ports": [{"name": "https", "containerPort": 8443}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"gateway-{number}", "namespace": "edge"},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    }


def _service(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"gateway-{number}", "namespace": "edge"},
        "spec": {"selector": {"app": f"gateway-{number}"}, "ports": [{"port": 443, "targetPort": "https"}]},
    }


def _entry(number: int, priority: int) -> dict[str, Any]:
    return {
        "fqn": f"organizations/acme/extensions/extension-{number}",
        "image": IMAGE,
        "phase": "AUTHZ",
        "priority": priority,
        "config": {"mode": "enforce", "rules": [{"path": "/admin", "roles": ["ops"]}]},
    }


def _gateway(number: int) -> dict[str, Any]:
    return {
        "kind": "ingress gateway",
        "fqn": f"{TENANT}/gatewaygroups/edge/ingressgateways/gateway-{number}",
        "workload_selector": {"namespace": "edge", "labels": {"app": f"gateway-{number}"}},
    }


def _group(number: int) -> dict[str, Any]:
    return {
        "kind": "security group",
        "fqn": f"{TENANT}/securitygroups/group-{number}",
        "namespace_selector": ["*/team-*"],
    }


def _plan(targets: Iterator[dict[str, Any]], entries: Callable[[int], list[dict[str, Any]]], objects: int = 0) -> int:
    from mesh_wasm.chains.program_order import ProgramOrder
    from mesh_wasm.fleet.cluster import Selection
    from mesh_wasm.model.attachment import WasmExtensionAttachment
    from mesh_wasm.model.extension import CatalogueEntry
    from mesh_wasm.model.parse import parse
    from mesh_wasm.model.target import Target
    from mesh_wasm.planning.attachments import Attached, plan_attachments
    from mesh_wasm.planning.entries import entry_findings
    from mesh_wasm.planning.ranking import ordered

    fleet, order = _fleet(objects), ProgramOrder()
    made = 0
    for number, target in enumerate(targets):
        attached = []
        for document in entries(number):
            entry = parse(CatalogueEntry, document).value
            entry_findings(entry)
            place = ordered(entry, entry.fqn)
            order.numbering.know([] if place is None else [place])
            attachment = parse(WasmExtensionAttachment, {"fqn": document["fqn"]}).value
            attached.append(Attached(entry, attachment, str(entry.name)))
        where, label = parse(Target, target).value, f"target-{number}"
        plan = plan_attachments(where, attached, fleet, Selection(), label, numbering=order.numbering)
        if plan.errors:
            raise SystemExit(str(plan.errors[0]))
        if order.part(plan):
            plan = plan_attachments(where, attached, fleet, Selection(), label, numbering=order.numbering)
        order.enter(label, plan)
        made += len([plugin.manifest() for plugin in plan.plugins])
    return made


def _gateways(placements: int, *, tied: bool = False, objects: int = 0) -> int:
    targets = (_gateway(number) for number in range(placements // (CLUSTERS * EXTENSIONS)))
    return _plan(targets, lambda _: [_entry(number, 7 if tied else number) for number in range(EXTENSIONS)], objects)


def _groups(placements: int) -> int:
    # Each group has an extension and a priority of its own: otherwise all of them would tie, as they share workloads.
    targets = (_group(number) for number in range(placements // (CLUSTERS * NAMESPACES)))
    return _plan(targets, lambda number: [_entry(number, number)])


def _organization(placements: int) -> int:
    """TSB documents: each namespace inherits one extension, from one of four levels."""
    from mesh_wasm.fleet.cluster import Cluster, Fleet
    from mesh_wasm.tsb import Bundle
    from mesh_wasm.yaml.compose import Spot
    from mesh_wasm.yaml.file import Document

    workspaces = placements // _OWNED
    spaces = [f"w{number}-{own}" for number in range(workspaces) for own in range(_OWNED)]
    documents = [
        Document(value, "tsb.yaml", index, Spot(index + 1)) for index, value in enumerate(_hierarchy(workspaces))
    ]
    plan = Bundle(documents).plan(Fleet([Cluster(name="east", namespaces=spaces)]))
    if plan.errors:
        raise SystemExit(str(plan.errors[0]))
    return len(plan.objects())


_OWNED = 10
"""Namespaces of a workspace."""
_LEVELS = ("organization", "tenant", "workspace", "group")


def _hierarchy(workspaces: int) -> Iterator[dict[str, Any]]:
    def resource(api: str, kind: str, spec: Any, name: str, **places: str) -> dict[str, Any]:
        version = f"{api}.tsb.tetrate.io/v2"
        metadata = {"organization": "acme", **places, "name": name}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}

    def default(level: str) -> dict[str, Any]:
        return {"extension": [{"fqn": f"organizations/acme/extensions/{level}"}]}

    for level in _LEVELS:
        yield resource("extension", "WasmExtension", {"url": IMAGE, "phase": "AUTHZ"}, level)
    yield resource("api", "OrganizationSetting", {"defaultSecuritySetting": default("organization")}, "default")
    tenants = max(2, workspaces // 20)
    for number in range(1, tenants, 2):
        spec = {"defaultSecuritySetting": default("tenant")}
        yield resource("api", "TenantSetting", spec, "default", tenant=f"t{number}")
    for number in range(workspaces):
        home = {"tenant": f"t{number % tenants}"}
        owned = {"namespaceSelector": {"names": [f"*/w{number}-*"]}}
        yield resource("api", "Workspace", owned, f"w{number}", **home)
        home["workspace"] = f"w{number}"
        if number % 3 == 0:
            yield resource("api", "WorkspaceSetting", {"defaultSecuritySetting": default("workspace")}, "d", **home)
        if number % 2 == 0:
            claimed = {"namespaceSelector": {"names": [f"*/w{number}-1"]}}
            yield resource("security", "Group", claimed, "g", **home)
            yield resource("security", "SecuritySetting", default("group"), "d", group="g", **home)


PLANS: dict[str, Callable[[int], int]] = {
    "gateways": _gateways,
    "groups": _groups,
    "tied": lambda placements: _gateways(placements, tied=True),
    "organization": _organization,
    "surrounded": lambda placements: _gateways(placements, objects=placements),
}
"""By shape: plan that many placements, and return how many have been planned."""


if __name__ == "__main__":
    main(*sys.argv[1:])
