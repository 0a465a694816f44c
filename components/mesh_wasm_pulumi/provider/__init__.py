"""mesh-wasm as a component provider: the same classes, served to every Pulumi language."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pulumi

import mesh_wasm_pulumi as wasm

from .host import StrictComponentProvider, serve

COMPONENTS: tuple[type[pulumi.ComponentResource], ...] = (
    wasm.WasmExtension,
    wasm.PullSecret,
    wasm.IngressGatewayAttachment,
    wasm.EgressGatewayAttachment,
    wasm.Tier1GatewayAttachment,
    wasm.GatewayAttachment,
    wasm.SecurityGroupAttachment,
    wasm.DefaultSecuritySetting,
    wasm.ServiceSecuritySetting,
    wasm.WasmPlugin,
    wasm.TrafficExtension,
    wasm.TsbManifests,
)
"""The component classes that other languages see."""


def main(argv: Sequence[str] | None = None, quiet: float | None = None) -> None:
    """Serve them; what ``components/__main__.py`` calls. See :func:`.host.serve`."""
    serve(COMPONENTS, sys.argv[1:] if argv is None else argv, quiet)


__all__ = ["COMPONENTS", "StrictComponentProvider", "main"]
