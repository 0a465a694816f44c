"""From TSB to Istio: the spec of the WasmPlugin that an attached extension becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target
from mesh_wasm.model.traffic import GlobalTrafficSelector, TrafficSelector
from mesh_wasm.model.vm import VmConfig, istio_vm_config
from mesh_wasm.values.base import Model
from mesh_wasm.values.deferred import Deferred, map_value
from mesh_wasm.values.enums import PluginPhase, PluginType, PullPolicy

M = TypeVar("M", bound=Model)

_UNSPECIFIED = {PluginPhase.UNSPECIFIED_PHASE, PullPolicy.UNSPECIFIED_POLICY, PluginType.UNSPECIFIED_PLUGIN_TYPE}


def plugin_spec(
    entry: CatalogueEntry,
    attachment: WasmExtensionAttachment | None = None,
    target: Target | None = None,
    priority: Any = 0,
) -> dict[str, Any]:
    """The spec in wire form; deferred leaves stay leaves, and what is not set is left out, except the priority.

    What a cluster changes (mirror, download proxy, pull secret) is the matter of :mod:`mesh_wasm.secrets.plan`.
    Without attachment and target it is the plugin that the entry would become anywhere: what its rules look at.
    """
    config = entry.config if attachment is None or attachment.config is None else attachment.config
    fields = {
        "selector": _selector(target),
        "url": entry.module_url,
        "sha256": entry.sha256,
        "imagePullPolicy": entry.image_pull_policy,
        "imagePullSecret": entry.image_pull_secret,
        "pluginConfig": config,
        "pluginName": entry.plugin_name,
        "phase": entry.phase,
        "priority": priority,
        "failStrategy": entry.fail_strategy,
        "vmConfig": _known_as(VmConfig, entry.vm_config, istio_vm_config),
        "match": _match(entry, attachment),
        "type": entry.type,
    }
    return {key: _wire(value) for key, value in fields.items() if value is not None and not _is_unspecified(value)}


def _is_unspecified(value: Any) -> bool:
    return isinstance(value, str) and value in _UNSPECIFIED


def _wire(value: Any) -> Any:
    if isinstance(value, Model):
        return value.wire()
    return str(value) if isinstance(value, str) else value


def _known_as(model: type[M], value: M | Deferred | None, wire: Callable[[M], Any]) -> Any:
    """The wire form of a model: now, or once a whole object that is deferred is known (keys in either spelling)."""
    if value is None:
        return None
    return map_value(value, lambda known: wire(parse(model, known).value))


def _selector(target: Target | None) -> Any:
    """A gateway's labels; a group has no selector: it means the whole namespace."""
    if target is None or target.workload_selector is None:
        return None
    selector = target.workload_selector
    if isinstance(selector, Deferred):
        return {"matchLabels": selector.map(lambda known: known["labels"])}
    return {"matchLabels": map_value(selector.labels, dict)}


def _match(entry: CatalogueEntry, attachment: WasmExtensionAttachment | None) -> Any:
    """The attachment's list replaces the entry's one selector; an empty list means all traffic, so it is left out."""
    if attachment is not None and attachment.match is not None:
        return map_value(attachment.match, _selectors) or None
    return _known_as(GlobalTrafficSelector, entry.match, lambda match: [match.wire()])


def _selectors(selectors: list[Any]) -> list[Any]:
    return [_known_as(TrafficSelector, selector, _unique_ports) for selector in selectors]


def _unique_ports(selector: TrafficSelector) -> dict[str, Any]:
    """TSB does not mind a port that is listed twice in one selector; Istio's CRD does."""
    wire = selector.wire()
    if "ports" in wire:
        wire["ports"] = map_value(wire["ports"], lambda ports: [p for at, p in enumerate(ports) if p not in ports[:at]])
    return wire
