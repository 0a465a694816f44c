"""Reading one document: the resource it describes, and what is wrong with it.

A WasmExtension is read whole. Of gateways and settings, which have hundreds of other fields, only what concerns
extensions is read and checked: ``workloadSelector`` and the list of attachments; of groups and workspaces only
``namespaceSelector``. Everything else in them is TSB's own business and is not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_snake

from mesh_wasm.findings import documents, schema
from mesh_wasm.findings.finding import Finding, listed, ordered, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry, WasmExtension
from mesh_wasm.model.parse import parse
from mesh_wasm.model.selector import WorkloadSelector
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import INVALID, Deferred, known
from mesh_wasm.values.enums import PluginPhase
from mesh_wasm.values.fqn import Fqn

from .kinds import ELSEWHERE, WASM_EXTENSION, Kind, api_group, kind_of, version_findings
from .metadata import read_fqn


class NamespaceSelector(Model):
    """The namespaces that a group or workspace owns (TSB types v2 NamespaceSelector)."""

    names: Leaf[list[Leaf[Str]]]
    """``cluster/namespace`` entries: the cluster exact or ``*``, the namespace exact, ``*`` or ``prefix-*``."""


class Scope(Model):
    """What is read of a Group or Workspace."""

    namespace_selector: Leaf[NamespaceSelector] | None = None
    """The namespaces; a group without it has all of its workspace."""


class Attaching(Model):
    """What is read of a gateway or SecuritySetting; the wire name of the list depends on the kind."""

    workload_selector: Leaf[WorkloadSelector] | None = None
    """Gateways: their pods."""
    attachments: Leaf[list[Leaf[WasmExtensionAttachment]]] | None = None
    """The extensions."""


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
    workload_selector: WorkloadSelector | Deferred | None = None
    attachments: tuple[WasmExtensionAttachment | Deferred, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What is wrong with the document by itself; paths start at the document."""

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
    elif kind.is_scope:
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
    parsed = parse(Scope, _only(spec, "namespaceSelector"))
    selector = known(parsed.value.namespace_selector)
    names = None if selector is None else known(selector.names)
    return Resource(kind, fqn, scope=None if names is None else tuple(names), findings=parsed.findings)


def _attaching(kind: Kind, fqn: Fqn | None, spec: Mapping[str, Any]) -> Resource:
    field = kind.field or ""
    wanted = [field] if kind.target is None or not kind.target.is_gateway else ["workloadSelector", field]
    mine = _only(spec, *wanted)
    given = {key: value for key, value in mine.items() if key not in (field, to_snake(field))}
    listed = mine.get(field, mine.get(to_snake(field)))
    if listed is not None:
        given["attachments"] = listed
    parsed = parse(Attaching, given)
    attachments = known(parsed.value.attachments) or []
    findings = [*_misspelt(spec, wanted), *(_renamed(finding, field) for finding in parsed.findings)]
    return Resource(
        kind,
        fqn,
        workload_selector=parsed.value.workload_selector,
        attachments=tuple(attachments),
        findings=tuple(findings),
    )


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


def _misspelt(spec: Mapping[str, Any], wanted: list[str]) -> Iterator[Finding]:
    """Fields that look like ours: passed over as one of the many others, they would take the extensions with them."""
    for key in spec:
        if key in wanted or to_snake(key) in map(to_snake, wanted):
            continue
        guess = wanted[-1] if key in _OTHER_NAMES else suggestion(key, wanted)
        if guess:
            says = f"there is no field {quoted(key)} here{did_you_mean(guess)}"
            yield schema.UNKNOWN_FIELD.at(key, says=says, fix=f"Write `{guess}`, or remove the field.")


def not_translated(document: object) -> Iterator[Finding]:
    """Findings about extensions in kinds that can carry them and are passed over."""
    if not isinstance(document, Mapping):
        return
    kind, metadata = document.get("kind"), document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    for path in ELSEWHERE.get((api_group(document)[0], str(kind)), ()):
        here: Any = document.get("spec")
        for part in path:
            here = here.get(part) if isinstance(here, Mapping) else None
        attached = list(_of_subsets(here)) if path == ("subsets",) else here
        if attached:
            says = (
                f"TSB attaches {_named(attached)} here; the kind {kind} is not translated, so no WasmPlugin is written."
            )
            subject = f"{kind} {name}" if isinstance(name, str) else None
            yield documents.NOT_TRANSLATED.at("spec", *path, says=says, subject=subject)


def _of_subsets(subsets: object) -> Iterator[Any]:
    for one in subsets if isinstance(subsets, list) else ():
        settings = one.get("settings") if isinstance(one, Mapping) else None
        attached = settings.get("extension") if isinstance(settings, Mapping) else None
        yield from attached if isinstance(attached, list) else [attached] if attached else ()


def _named(attached: object) -> str:
    """The attached extensions in words, as far as they can be read."""
    items = attached if isinstance(attached, list) else [attached]
    fqns = [one.get("fqn") if isinstance(one, Mapping) else None for one in items]
    return listed(list(dict.fromkeys(fqn for fqn in fqns if isinstance(fqn, str)))) or "extensions"
