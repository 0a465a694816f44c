"""The Kubernetes objects of a stack, as a policy sees them, and what is said of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.lint.metadata import text_at
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, as_plugin, extension_path, plugin_form
from mesh_wasm.rules.waivers import ANNOTATION, read_waivers
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind

from ._types import kind_of
from ._wire import UNKNOWN, plain


@dataclass(frozen=True, slots=True)
class Verdict:
    """A violation of one resource, or that it cannot be decided yet."""

    of: StackObject
    finding: Finding | None = None
    waits: str = ""
    """What is not known yet; then it is no violation."""


@dataclass(frozen=True, slots=True)
class StackObject:
    """A Kubernetes object of the stack."""

    urn: str
    cluster: str
    """The provider's URN, or its name: it stands for the cluster."""
    namespace: Any
    name: Any
    props: Mapping[str, Any]
    kind: PluginKind | None = None
    """Of a plugin."""
    type: str = ""
    """Its type token, e.g. ``kubernetes:core/v1:Service``."""

    @property
    def place(self) -> tuple[Any, ...] | None:
        """Kind, cluster, namespace and name; None while one of them is not known."""
        known = not isinstance(self.namespace, Deferred) and isinstance(self.name, str)
        return (self.kind, self.cluster, self.namespace or "default", self.name) if known else None

    @property
    def form(self) -> Any:
        """The plugin form of the spec."""
        spec = self.props.get("spec")
        return plugin_form(spec) if self._is_extension and isinstance(spec, Mapping) else spec

    @property
    def model(self) -> WasmPluginSpec:
        """The spec as rules see it: of a TrafficExtension, that of the WasmPlugin that means the same."""
        spec = self.props.get("spec")
        if self._is_extension:
            return as_plugin(parse(TrafficExtensionSpec, spec, wire=True).value)
        return parse(WasmPluginSpec, spec, wire=True).value

    def path(self, path: Path) -> Path:
        """Where in the spec stands what stands at ``path`` in :attr:`model`."""
        return extension_path(path) if self._is_extension else path

    @property
    def called(self) -> str:
        """Kind, namespace and name, for messages."""
        place = f"{self.namespace}/{self.name}" if isinstance(self.namespace, str) else str(self.name)
        return f"{self.kind or self.type.rpartition(':')[2]} {place}"

    @property
    def waived(self) -> frozenset[str]:
        """The ids of the rules that its annotation waives today."""
        waivers, _ = read_waivers(text_at(self.props, "metadata", "annotations", ANNOTATION), ANNOTATION)
        return frozenset(waiver.rule for waiver in waivers)

    @property
    def _is_extension(self) -> bool:
        return self.kind is PluginKind.TRAFFIC_EXTENSION


def objects(resources: Iterable[Any], wanted: Callable[[str], bool]) -> Iterator[StackObject]:
    for resource in resources:
        if wanted(resource.resource_type):
            props = plain(resource.props)
            metadata = props.get("metadata")
            meta = metadata if isinstance(metadata, Mapping) else {"namespace": UNKNOWN, "name": UNKNOWN}
            provider = resource.provider
            cluster = "" if provider is None else provider.name or provider.urn
            type_ = resource.resource_type
            yield StackObject(
                resource.urn, cluster, meta.get("namespace"), meta.get("name"), props, kind_of(type_), type_
            )


def name_of(urn: str) -> str:
    """The logical name of a resource."""
    return urn.rsplit("::", 1)[-1]
