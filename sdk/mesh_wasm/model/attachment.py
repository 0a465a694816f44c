"""An extension put on a target, with its own config and match: TSB WasmExtensionAttachment (types v2)."""

from __future__ import annotations

from mesh_wasm.values.base import Leaf, Model, Str, Struct

from .traffic import TrafficSelector


class WasmExtensionAttachment(Model):
    """One entry of a gateway's or security setting's list of extensions."""

    fqn: Leaf[Str]
    """FQN of the extension."""
    config: Leaf[Struct] | None = None
    """Configuration for this target; replaces the extension's config whole, no merge."""
    match: Leaf[list[Leaf[TrafficSelector]]] | None = None
    """Traffic that passes through the plugin; replaces the extension's match. Any of the selectors suffices."""
