"""Judging one resource: what the rules say of it, and which of them wait for values that are not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.rule import CATALOGUE, CHECKS, Check, Rule
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.lint.kinds import Header
from mesh_wasm.lint.manifests import Manifest, read_plugin, read_secret
from mesh_wasm.lint.metadata import text_at
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import API_VERSION, WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, extension_path, plugin_form
from mesh_wasm.modules.locked import Lock
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.planning.translate import plugin_spec
from mesh_wasm.rules.checks import pull_findings
from mesh_wasm.rules.of_modules import config_subjects, module_subjects
from mesh_wasm.rules.subjects import (
    ClusterPluginSubject,
    ClusterTrafficExtensionSubject,
    ConfigSubject,
    ExtensionSchemaSubject,
    ExtensionSubject,
    ModuleSubject,
    PluginSubject,
    PullSubject,
    SecretSubject,
    TrafficExtensionSubject,
    Workload,
)
from mesh_wasm.rules.waivers import ANNOTATION, read_waivers
from mesh_wasm.values.base import Model
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.yaml.compose import Spot
from mesh_wasm.yaml.file import Document
from mesh_wasm_pulumi._telling.settling import WAIVERS

from ._wire import is_open

PARSED = (
    schema.REQUIRED,
    schema.UNKNOWN_FIELD,
    schema.WRONG_TYPE,
    schema.UNKNOWN_ENUM,
    schema.OUT_OF_RANGE,
    schema.WRONG_LENGTH,
)
"""The rules that parsing reports."""

SUBJECTS: Mapping[PluginKind, tuple[type, ...]] = {
    PluginKind.WASM_PLUGIN: (PluginSubject, ClusterPluginSubject, PullSubject),
    PluginKind.TRAFFIC_EXTENSION: (
        PluginSubject,
        ClusterPluginSubject,
        PullSubject,
        TrafficExtensionSubject,
        ClusterTrafficExtensionSubject,
    ),
}
"""What the rules look at in an object of each kind."""

MODULE_SUBJECTS = (ModuleSubject, ConfigSubject)
"""What they look at where a lock file is known."""

_MANIFEST = ("apiVersion", "kind", "metadata", "spec", "type", "data", "stringData", "immutable")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one resource."""

    findings: tuple[Finding, ...]
    """Only those that weigh as much as their rule: what a rule merely suspects does not stop anybody."""
    waits: Mapping[str, str] = field(default_factory=dict)
    """By rule, the field that it looks at and that is not known yet."""
    waived: frozenset[str] = frozenset()
    """The rules that the resource waives."""


def judge_plugin(
    props: Mapping[str, Any],
    cluster: Cluster,
    lock: Lock | None = None,
    kind: PluginKind = PluginKind.WASM_PLUGIN,
) -> Judgement:
    """An object of that kind, whoever declares it. ``cluster`` holds what the pack was told about the cluster."""
    value = {key: item for key, item in props.items() if key in _MANIFEST}
    spec, metadata = value.get("spec"), value.get("metadata")
    if isinstance(spec, Deferred) or isinstance(metadata, Deferred):
        name = "spec" if isinstance(spec, Deferred) else "metadata"
        return Judgement((), dict.fromkeys(rules_of(*SUBJECTS[kind], *MODULE_SUBJECTS), name))
    manifest = read_plugin(_document(value), Header(API_VERSION, kind), [cluster], lock)
    findings = [one for one in manifest.findings if one.path != ("metadata", "name")]  # the provider gives a name
    waits: dict[str, str] = {}
    if manifest.spec is not None:
        pull = PullSubject(manifest.spec, manifest.namespace, ())
        findings += (replace(one, path=manifest.place(one.path)) for one in pull_findings(pull))
        wire = spec if isinstance(spec, Mapping) else {}
        subjects: list[Any] = [
            PluginSubject(manifest.spec, Workload.UNKNOWN, foreign=True),
            ClusterPluginSubject(manifest.spec, cluster.mesh, manifest.namespace, foreign=True),
            pull,
        ]
        opened = open_fields_of(kind, wire)
        if manifest.extension is not None:
            subjects += [
                TrafficExtensionSubject(manifest.extension),
                ClusterTrafficExtensionSubject(manifest.extension, cluster.mesh),
            ]
        modules = module_subjects(manifest.spec, cluster.version, lock)
        subjects += [*modules, *config_subjects(manifest.spec, modules)]
        waits = {rule: f"spec.{where}" for rule, where in _waits(subjects, opened).items()}
        if lock is not None and (which := next((opened[one] for one in ("url", "sha256") if one in opened), None)):
            waits |= dict.fromkeys(rules_of(*MODULE_SUBJECTS), f"spec.{which}")
        if is_open((metadata or {}).get("namespace")):
            waits |= dict.fromkeys(rules_of(ClusterPluginSubject), "metadata.namespace")
    return _settled(findings, waits, _annotation(value))


def judge_secret(props: Mapping[str, Any], *_: object) -> Judgement:
    """A Secret; only one with registry credentials is judged."""
    value = {key: item for key, item in props.items() if key in _MANIFEST}
    manifest: Manifest = read_secret(_document(value))
    findings = [one for one in manifest.findings if one.path != ("metadata", "name")]
    opened = next((key for key in ("type", "data", "stringData") if is_open(value.get(key))), None)
    waits = {} if opened is None else dict.fromkeys(rules_of(SecretSubject), opened)
    return _settled(findings, waits, _annotation(value))


def judge_extension(props: Mapping[str, Any], *_: object) -> Judgement:
    """A WasmExtension component: its arguments."""
    fields = {key: item for key, item in props.items() if key not in (WAIVERS, "organization")}
    parsed = parse(CatalogueEntry, fields)
    entry = parsed.value
    spec = parse(WasmPluginSpec, plugin_spec(entry)).value
    waits = _waits([ExtensionSubject(entry)], _open_fields(CatalogueEntry, fields))
    waits |= _waits([PluginSubject(spec)], _open_fields(WasmPluginSpec, plugin_spec(entry)))
    return _settled([*parsed.findings, *entry_findings(entry)], waits, props.get(WAIVERS))


def rules_of(*subjects: type) -> list[str]:
    """The ids of the rules that look at subjects of these types."""
    apart = {SecretSubject, *MODULE_SUBJECTS, ExtensionSchemaSubject}
    parsed = [] if set(subjects) <= apart else [rule.id for rule in PARSED]
    return sorted({*parsed, *(rule.id for subject in subjects for rule, _ in CHECKS.get(subject, ()))})


def _document(value: Any) -> Document:
    return Document(value, "", 0, Spot(1))


def _annotation(value: Mapping[str, Any]) -> str | None:
    return text_at(value, "metadata", "annotations", ANNOTATION)


def _settled(findings: Iterable[Finding], waits: Mapping[str, str], waivers: Any) -> Judgement:
    held, wrong = read_waivers(waivers, WAIVERS)
    certain = [one for one in findings if one.severity.rank <= CATALOGUE[one.rule].severity.rank]
    return Judgement((*certain, *wrong), waits, frozenset(waiver.rule for waiver in held))


def open_fields_of(kind: PluginKind | None, wire: Any) -> dict[str, str]:
    """The fields of a plugin's spec that hold what is not known yet: where they stand, by Python name."""
    if kind is not PluginKind.TRAFFIC_EXTENSION:
        return _open_fields(WasmPluginSpec, wire)
    form = _open_fields(WasmPluginSpec, plugin_form(wire))
    opened = {name: ".".join(map(str, extension_path((field,)))) for name, field in form.items()}
    return opened | _open_fields(TrafficExtensionSpec, wire)


def _open_fields(model: type[Model], wire: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a model that hold what is not known yet: wire name by Python name."""
    found = {}
    for name, info in model.model_fields.items():
        alias = info.alias or name
        if is_open(wire.get(alias)):
            found[name] = alias
    return found


def _waits(subjects: list[Any], opened: Mapping[str, str]) -> dict[str, str]:
    """By rule, the open field that its checks look at: they are run on models that remember what they were asked for."""
    if not opened:
        return {}
    waits = dict.fromkeys((rule.id for rule in PARSED), next(iter(opened.values())))
    for subject in subjects:
        for rule, check in CHECKS.get(type(subject), ()):
            touched = _touched(check, subject, opened)
            if touched is not None:
                waits.setdefault(rule.id, touched)
    return waits


def waits_of(rule: Rule, subjects: Iterable[Any], opened: Mapping[str, str]) -> str | None:
    """The same of one rule: the open field that its checks look at."""
    if not opened:
        return None
    checks = ((check, subject) for subject in subjects for told, check in CHECKS.get(type(subject), ()) if told is rule)
    return next((where for check, subject in checks if (where := _touched(check, subject, opened)) is not None), None)


def _touched(check: Check, subject: Any, opened: Mapping[str, str]) -> str | None:
    spy = _SubjectSpy(subject)
    for _ in check(spy):
        pass
    return next((opened[name] for name in spy.asked if name in opened), None)


_DECIDE_WORKLOAD = ("selector", "target_ref", "target_refs")


class _SubjectSpy:
    """A subject that remembers which fields of its model a check has asked for."""

    def __init__(self, subject: Any) -> None:
        self._subject = subject
        self.asked: dict[str, None] = {}

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._subject, name)
        if name in ("workload", "reach"):
            self.asked |= dict.fromkeys(_DECIDE_WORKLOAD)
        return _ModelSpy(value, self.asked) if name in ("spec", "extension") else value


class _ModelSpy:
    """A model that remembers which of its fields were asked for."""

    def __init__(self, model: Any, asked: dict[str, None]) -> None:
        self._model, self._asked = model, asked

    def __getattr__(self, name: str) -> Any:
        self._asked[name] = None
        return getattr(self._model, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._model)
