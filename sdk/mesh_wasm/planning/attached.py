"""One extension on a target, as planning and checking see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.values.deferred import Deferred

from .adopted import AdoptedObject


@dataclass(frozen=True, slots=True)
class Attached:
    """One extension on a target."""

    entry: CatalogueEntry | Deferred
    """The extension; deferred as a whole where another stack owns it and has not told yet."""
    attachment: WasmExtensionAttachment
    key: str
    """Stable name within the target, made of known values only."""
    broken: bool = False
    """Whether the extension has errors that are reported elsewhere."""
    pull_secrets: tuple[PullSecret, ...] | None = None
    """The pull secrets of this attachment, instead of the extension's; an empty tuple is none."""
    adopted: Mapping[str, AdoptedObject] = field(default_factory=dict)
    """The objects that its plugins take over, by ``cluster/namespace``."""
    misshapen: bool = False
    """Whether the item was no attachment at all, which has been said."""
    places: frozenset[tuple[str, str]] | None = None
    """The clusters and namespaces that it is kept to, of those that the target reaches; None: all of them."""

    @property
    def credentials(self) -> tuple[PullSecret, ...]:
        """The pull secrets that its plugins may use, as far as they are known."""
        if self.pull_secrets is not None:
            return self.pull_secrets
        return () if isinstance(self.entry, Deferred) else self.entry.credentials
