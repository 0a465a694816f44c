"""Reading one document: the resource it describes, and what is wrong with it.

A WasmExtension is read whole. Of gateways, settings and profiles, which have hundreds of other fields, only what concerns
extensions is read and checked: ``workloadSelector``, ``service``, ``propagationStrategy`` and the lists of attachments; of
what stands above only ``namespaceSelector`` and ``profiles``. Everything else in them is TSB's own business and is not
judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic.alias_generators import to_snake

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, ordered, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry, WasmExtension
from mesh_wasm.model.parse import parse
from mesh_wasm.model.selector import WorkloadSelector
from mesh_wasm.model.target import TargetKind
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import INVALID, Deferred, known
from mesh_wasm.values.enums import PluginPhase
from mesh_wasm.values.fqn import Fqn

from .kinds import WASM_EXTENSION, Kind, kind_of, version_findings
from .metadata import read_fqn


class Propagation(StrEnum):
    """How settings go down the hierarchy (TSB types v2 PropagationStrategy)."""

    REPLACE = "REPLACE"
    """What a lower level sets takes the place of what a higher one has set: the default."""
    STRICTER = "STRICTER"
    """What a higher level has set stays; it holds for all levels below."""


class NamespaceSelector(Model):
    """The namespaces that a group or workspace owns (TSB types v2 NamespaceSelector)."""

    names: Leaf[list[Leaf[Str]]]
    """``cluster/namespace`` entries: the cluster exact or ``*``, the namespace exact, ``*`` or ``prefix-*``."""


class Scope(Model):
    """What is read of a Group or Workspace."""

    namespace_selector: Leaf[NamespaceSelector] | None = None
    """The namespaces; a group without it has all of its workspace."""


class Carrying(Model):
    """What is read of a Group, Workspace, Tenant or Organization besides."""

    profiles: Leaf[list[Leaf[Str]]] | None = None
    """FQNs of the Profiles that are attached, in the order in which they apply."""


class Attaching(Model):
    """What is read of a gateway, setting or profile; the wire name of the list depends on the kind."""

    workload_selector: Leaf[WorkloadSelector] | None = None
    """DefaultGateways: their pods."""
    service: Leaf[Str] | None = None
    """Service settings: ``namespace/host name`` of the service."""
    propagation_strategy: Leaf[Propagation] | None = None
    """Settings: how their lists go down the hierarchy."""
    attachments: Leaf[list[Leaf[WasmExtensionAttachment]]] | None = None
    """The extensions."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of attachments, and where in the spec it stands."""

    path: tuple[str, ...]
    items: tuple[WasmExtensionAttachment | Deferred, ...] = ()
    is_empty: bool = False
    """Whether a list without items is written. To TSB, whose API is protobuf, it is the same as none."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One document, read."""

    kind: Kind
    fqn: Fqn | None
    """None where the document does not say which resource it is."""
    extension: CatalogueEntry | None = None
    """A WasmExtension."""
    scope: tuple[str | Deferred, ...] | None = None
    """The entries of a group's or workspace's selector; None where there is none."""
    profiles: tuple[str | Deferred, ...] = ()
    """The FQNs of the Profiles that are attached to it."""
    workload_selector: WorkloadSelector | Deferred | None = None
    service: str | None = None
    """The service of a service setting, ``namespace/host name``."""
    is_stricter: bool = False
    """Whether a setting's strategy is STRICTER."""
    lists: tuple[Listing, ...] = ()
    """Its lists of attachments, in the order of its kind's."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the document by itself; paths start at the document."""

    @property
    def attaches(self) -> bool:
        """Whether it has attachments at all."""
        return any(listing.items for listing in self.lists)

    @property
    def label(self) -> str:
        """The resource in words, for messages that say the file as well."""
        return f"{self.kind.kind} {self.fqn.name}" if self.fqn else self.kind.kind


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
    parsed = parse(Scope, _only(spec, "namespaceSelector") if kind.is_scope else {})
    selector = known(parsed.value.namespace_selector)
    names = None if selector is None else known(selector.names)
    carried = parse(Carrying, _only(spec, "profiles"))
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
    top = parse(Attaching, _only(spec, *own)) if own else None
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
        part, found = _part(spec, path)
        wanted = [*own, path[-1]] if len(path) == 1 else [path[-1]]
        listing, strategy, more = _listing(part, path, wanted)
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


def _part(spec: Mapping[str, Any], whole: tuple[str, ...]) -> tuple[Mapping[str, Any], list[Finding]]:
    """The part of a spec in which a list stands; empty where there is none."""
    here: Any = spec
    path = whole[:-1]
    found: list[Finding] = []
    for at, name in enumerate(path):
        found += [finding.under(*path[:at]) for finding in _misspelt(here, [name], ".".join(whole[at:]))]
        here = here.get(name, here.get(to_snake(name)))
        if here is None:
            return {}, found
        if not isinstance(here, Mapping):
            says = "expected an object."
            return {}, [*found, schema.WRONG_TYPE.at(*path[: at + 1], says=says, fix=f"Write `{name}: {{…}}`.")]
    return here, found


def _listing(
    part: Mapping[str, Any], path: tuple[str, ...], wanted: list[str]
) -> tuple[Listing, Propagation | None, list[Finding]]:
    field = path[-1]
    given = _only(part, "propagationStrategy") if field == "extension" else {}
    listed = part.get(field, part.get(to_snake(field)))
    if listed is not None:
        given["attachments"] = listed
    parsed = parse(Attaching, given)
    items = tuple(known(parsed.value.attachments) or ())
    findings = [*_misspelt(part, wanted), *(_renamed(finding, field) for finding in parsed.findings)]
    return Listing(path, items, listed == []), known(parsed.value.propagation_strategy), findings


def _only(spec: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """The fields of that name, in either of protobuf's spellings; null counts as not set."""
    names = {name for field in fields for name in (field, to_snake(field))}
    return {key: value for key, value in spec.items() if key in names and value is not None}


def _renamed(finding: Finding, field: str) -> Finding:
    """The model calls every list of attachments by one name; the document does not."""
    if finding.path[:1] == ("attachments",):
        return replace(finding, path=(field, *finding.path[1:]))
    return finding


_OTHER_NAMES = frozenset({"extension", "extensions", "wasmPlugin", "wasmPlugins", "wasmExtension", "wasmExtensions"})


def _misspelt(spec: Mapping[str, Any], wanted: list[str], whole: str = "") -> Iterator[Finding]:
    """Fields that look like ours: passed over as one of the many others, they would take the extensions with them."""
    for key in spec:
        if key in wanted or to_snake(key) in map(to_snake, wanted):
            continue
        guess = whole or wanted[-1] if key in _OTHER_NAMES else suggestion(key, wanted)
        if guess:
            says = f"there is no field {quoted(key)} here{did_you_mean(guess)}"
            yield schema.UNKNOWN_FIELD.at(key, says=says, fix=f"Write `{guess}`, or remove the field.")
