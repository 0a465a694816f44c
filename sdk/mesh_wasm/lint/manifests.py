"""Reading one manifest: a WasmPlugin, a TrafficExtension or a Secret, and what the rules say of it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, Path, quoted
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, as_plugin, extension_path
from mesh_wasm.modules.locked import Lock
from mesh_wasm.rules.checks import manifest_findings, placed_findings, plugin_findings, revision_findings
from mesh_wasm.rules.extensions import placed_extension_findings, traffic_extension_findings
from mesh_wasm.rules.of_modules import module_findings, with_pins
from mesh_wasm.rules.subjects import Reach, SecretSubject
from mesh_wasm.rules.surroundings.reach import common_reach
from mesh_wasm.tsb.direct import annotation_findings
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.marks import UNKNOWN_MARK
from mesh_wasm.yaml.file import Document

from .kinds import Header, header_findings, plugin_kind
from .layout import is_generated, made_for, without_marks
from .metadata import envelope_findings, text_at


@dataclass(frozen=True, slots=True)
class Manifest:
    """A document that was read."""

    document: Document
    kind: str
    namespace: str | None
    name: str | None
    findings: tuple[Finding, ...]
    """Paths start at the document."""
    spec: WasmPluginSpec | None = None
    """Of a WasmPlugin; of a TrafficExtension, that of the WasmPlugin that means the same."""
    extension: TrafficExtensionSpec | None = None
    """Of a TrafficExtension."""
    secret: SecretSubject | None = None
    """Of a Secret."""
    clusters: Sequence[Cluster] = ()
    """Of a WasmPlugin: those that it may be meant for."""

    @property
    def is_judged(self) -> bool:
        """Whether it is of a kind that the rules look at: not a Secret for other things than pulling images."""
        return self.secret is None or holds_credentials(self.secret)

    @property
    def is_broken(self) -> bool:
        """Whether it has an error: then it cannot be compared with others."""
        return any(finding.is_error for finding in self.findings)

    def place(self, path: Path) -> Path:
        """Where in the document stands what stands at ``path`` in the spec of a WasmPlugin."""
        return ("spec", *(path if self.extension is None else extension_path(path)))

    @property
    def is_generated(self) -> bool:
        """Whether mesh-wasm has written it."""
        return is_generated(self.document.value)

    @property
    def label(self) -> str:
        """The object in words."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name or '(unnamed)'}"


def read_plugin(document: Document, header: Header, clusters: Sequence[Cluster], lock: Lock | None = None) -> Manifest:
    """Read a WasmPlugin or TrafficExtension; ``clusters``: those that it may be meant for."""
    value: Mapping[str, Any] = document.value
    kind = plugin_kind(header) or PluginKind.WASM_PLUGIN
    findings = [*header_findings(header, value, kind)]
    findings += envelope_findings(value, ("apiVersion", "kind", "metadata", "spec", "status"))
    namespace = text_at(value, "metadata", "namespace")
    spec = extension = None
    if value.get("spec") is None:
        findings.append(schema.REQUIRED.at("spec", says="this field is required.", fix="Write `spec: {url: …}`."))
    elif value["spec"] != UNKNOWN_MARK:  # a plan writes that where only `pulumi up` knows the spec; its header says so
        places = [(cluster, namespace) for cluster in clusters]
        held, made = without_marks(document, value["spec"]), made_for(value)
        if kind is PluginKind.WASM_PLUGIN:
            parsed = parse(WasmPluginSpec, held, wire=True)
            spec = parsed.value
            reached = common_reach(spec, places) if made is None else Reach(made)
            found = [
                *parsed.findings,
                *with_pins(plugin_findings(spec, reached, foreign=True), spec.url, spec.sha256, lock),
            ]
            found += placed_findings(spec, places, reached.meant, document.file, foreign=True)
            found += module_findings(((cluster, spec) for cluster in clusters), lock)
        else:
            read = parse(TrafficExtensionSpec, held, wire=True)
            extension, spec = read.value, as_plugin(read.value)
            reached = common_reach(spec, places) if made is None else Reach(made)
            found = [*read.findings, *traffic_extension_findings(extension, reached, foreign=True)]
            found += placed_extension_findings(extension, places, reached.meant, document.file, foreign=True)
            of_module = module_findings([(cluster, spec) for cluster in clusters], lock)
            found += [replace(one, path=extension_path(one.path)) for one in of_module]
        findings += (finding.under("spec") for finding in found)
    findings += annotation_findings(value)
    if spec is not None:
        if any(cluster.revision is not None for cluster in clusters):
            labels = value["metadata"].get("labels") if isinstance(value.get("metadata"), Mapping) else None
            findings += revision_findings(_mapping(labels), clusters)
        if not clusters:
            says = f"no cluster of the inventory declares namespace {quoted(namespace)}."
            findings.append(placing.NO_NAMESPACE.at("metadata", "namespace", says=says))
    name = text_at(value, "metadata", "name")
    return Manifest(document, kind, namespace, name, tuple(findings), spec, extension, clusters=clusters)


def read_secret(document: Document) -> Manifest:
    """Read a Secret; only one with registry credentials is judged by itself."""
    value: Mapping[str, Any] = document.value
    namespace, name = text_at(value, "metadata", "namespace"), text_at(value, "metadata", "name")
    subject = SecretSubject(
        name or "", namespace, text_at(value, "type"), _mapping(value.get("data")), _mapping(value.get("stringData"))
    )
    findings: Iterable[Finding] = ()
    if holds_credentials(subject) and not _is_redacted(value):
        fields = ("apiVersion", "kind", "metadata", "type", "data", "stringData", "immutable")
        findings = (*envelope_findings(value, fields), *manifest_findings(subject))
    return Manifest(document, "Secret", namespace, name, tuple(findings), secret=subject)


def _is_redacted(value: Mapping[str, Any]) -> bool:
    """Whether ``plan --out`` has written a Secret without its values: that is how it is meant."""
    return is_generated(value) and not {"data", "stringData"} & value.keys()


def holds_credentials(secret: SecretSubject) -> bool:
    """Whether a Secret is, or is meant to be, one for pulling images."""
    return secret.type == SECRET_TYPE or SECRET_KEY in secret.data or SECRET_KEY in secret.string_data


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
