"""The order of filters, and what mesh-wasm writes so that it is the same everywhere (family MW7xx)."""

from __future__ import annotations

from mesh_wasm.finding import Severity

from .rule import Family, rule

PRIORITY_WRITTEN = rule(
    "MW701",
    Severity.INFO,
    Family.ORDER,
    "A priority is written where none was set",
    why="Istio documents 0 as the default, but runs a plugin without priority after every other, even after -5.",
    fix="Set the priority, if only to 0.",
    source="istio pilot/pkg/model/push_context.go (facts A3.1, measured)",
)
SCHEME_WRITTEN = rule(
    "MW702",
    Severity.INFO,
    Family.ORDER,
    "A scheme is written where none was set",
    why="Istio takes a URL without scheme for an OCI image; written out, no later reader has to know that.",
    fix="Write oci://.",
    source="Istio WasmPlugin.url: 'If no scheme is present, defaults to oci://'",
)
