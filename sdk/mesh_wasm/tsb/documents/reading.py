"""Reading one document: the resource it describes, and what is wrong with it.

A WasmExtension is read whole. Of gateways, settings and profiles, which have hundreds of other fields, only what concerns
extensions is read and checked: ``workloadSelector``, ``service``, ``propagationStrategy`` and the lists of attachments; of
what stands above only ``namespaceSelector`` and ``profiles``. Everything else in them is TSB's own business and is not
judged here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import ordered, quoted
from mesh_wasm.model.extension import CatalogueEntry, WasmExtension
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import TargetKind
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.deferred import INVALID, known
from mesh_wasm.values.enums import PluginPhase
from mesh_wasm.values.fqn import Fqn

from .fields import Attaching, Carrying, Propagation, Scope
from .kinds import WASM_EXTENSION, Kind, kind_of, version_findings
from .lists import only, part_of, read_listing
from .metadata import read_fqn
from .resource import Listing, Resource


def read_resource(document: object) -> Resource | None:
    """The resource that a document describes; None for kinds that mesh-wasm passes over."""
    kind = kind_of(document)
    if kind is None or not isinstance(document, Mapping):
        return None
    fqn, findings = read_fqn(kind, document)
    findings += version_findings(document)
    spec = document.get("spec")
    if spec is None:
        spec = {}
    if not isinstance(spec, Mapping):
        findings.append(schema.WRONG_TYPE.at("spec", says="the spec must be an object.", fix="Write `spec: {…}`."))
        spec = {}
    if kind is WASM_EXTENSION:
        made = _extension(kind, fqn, spec)
    elif kind.carries_profiles:
        made = _scope(kind, fqn, spec)
    else:
        made = _attaching(kind, fqn, spec)
    return replace(made, findings=ordered([*findings, *(finding.under("spec") for finding in made.findings)]))


_PRINTED = frozenset({"etag", "fqn", "configGenerationMetadata", "config_generation_metadata"})
"""Fields that `tctl get` prints in every spec beside the resource's own."""


def _extension(kind: Kind, fqn: Fqn | None, spec: Mapping[str, Any]) -> Resource:
    own = {key: value for key, value in spec.items() if key not in _PRINTED}
    # Parsed as TSB's own type: what Istio offers beyond it is no field of a TSB document.
    parsed = parse(WasmExtension, {**own, "fqn": INVALID if fqn is None else str(fqn)})
    read = {name: getattr(parsed.value, name) for name in parsed.value.model_fields_set}
    entry = CatalogueEntry.model_construct(_fields_set=set(read), **read)
    findings = [*parsed.findings, *entry_findings(entry)]
    if entry.phase == PluginPhase.ASM_ROUTER:
        says = f"{PluginPhase.ASM_ROUTER} is a phase of Alibaba ASM, and TSB has none of that name."
        findings.append(schema.UNKNOWN_ENUM.at("phase", says=says, fix="Use UNSPECIFIED_PHASE, AUTHN, AUTHZ or STATS."))
    return Resource(kind, fqn, extension=entry, findings=tuple(findings))


def _scope(kind: Kind, fqn: Fqn | None, spec: Mapping[str, Any]) -> Resource:
    parsed = parse(Scope, only(spec, "namespaceSelector") if kind.is_scope else {})
    selector = known(parsed.value.namespace_selector)
    names = None if selector is None else known(selector.names)
    carried = parse(Carrying, only(spec, "profiles"))
    return Resource(
        kind,
        fqn,
        scope=None if names is None else tuple(names),
        profiles=tuple(known(carried.value.profiles) or ()),
        findings=(*parsed.findings, *carried.findings),
    )


def _attaching(kind: Kind, fqn: Fqn | None, spec: Mapping[str, Any]) -> Resource:
    """A resource with lists of attachments, each within a part of its spec."""
    own = ["workloadSelector"] if kind.target and kind.target.is_gateway else []
    own += ["service"] if kind.target is TargetKind.SERVICE_SETTING else []
    top = parse(Attaching, only(spec, *own)) if own else None
    findings = [] if top is None else list(top.findings)
    service = None if top is None else known(top.value.service)
    if kind.target is TargetKind.SERVICE_SETTING and spec.get("service") is None:
        findings.append(schema.REQUIRED.at("service", says="the service that is meant is required.", fix=_SERVICE))
    elif service is not None and not _NAMED.fullmatch(service):
        says = f"{quoted(service)} is not of the form namespace/host name."
        findings.append(schema.WRONG_TYPE.at("service", says=says, fix=_SERVICE))
        service = None
    lists: list[Listing] = []
    stricter = False
    for path in kind.lists:
        part, found = part_of(spec, path)
        wanted = [*own, path[-1]] if len(path) == 1 else [path[-1]]
        listing, strategy, more = read_listing(part, path, wanted)
        findings += [*found, *(finding.under(*path[:-1]) for finding in more)]
        lists.append(listing)
        stricter |= strategy is Propagation.STRICTER
    return Resource(
        kind,
        fqn,
        workload_selector=None if top is None else top.value.workload_selector,
        service=service,
        is_stricter=stricter,
        lists=tuple(lists),
        findings=tuple(findings),
    )


_NAMED = re.compile(r"[^/]+/[^/]+")
_SERVICE = "Write `service: <namespace>/<service>.<namespace>.svc.cluster.local`."
