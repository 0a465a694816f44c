"""What is read of the documents of TSB that are not read whole."""

from __future__ import annotations

from enum import StrEnum

from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.selector import WorkloadSelector
from mesh_wasm.values.base import Leaf, Model, Str


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
