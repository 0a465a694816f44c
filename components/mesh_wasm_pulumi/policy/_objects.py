"""The Kubernetes objects of a stack, as a policy sees them, and what is said of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.model.traffic_extension import plugin_form
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind

from ._types import kind_of
from ._wire import UNKNOWN, plain


@dataclass(frozen=True, slots=True)
class Verdict:
    """A violation of one resource, or that it cannot be decided yet."""

    says: str
    urn: str | None
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
        return plugin_form(spec) if self.kind is PluginKind.TRAFFIC_EXTENSION and isinstance(spec, Mapping) else spec


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
