"""One document, read: the resource that it describes."""

from __future__ import annotations

from dataclasses import dataclass

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.selector import WorkloadSelector
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.fqn import Fqn

from .kinds import Kind


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
