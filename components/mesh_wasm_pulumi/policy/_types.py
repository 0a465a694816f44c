"""The types of resources that the policies look at."""

from __future__ import annotations

import re

from mesh_wasm.values.enums import PluginKind
from mesh_wasm_pulumi.tokens import token

EXTENSION = token("WasmExtension")
SECRET = "kubernetes:core/v1:Secret"
PLUGIN = "kubernetes:extensions.istio.io/v1alpha1:WasmPlugin"

_PLUGIN = re.compile(r"kubernetes:extensions\.istio\.io/[^:]+:(WasmPlugin|TrafficExtension)")


def is_plugin(type_: str) -> bool:
    """Whether it is an Istio WasmPlugin or TrafficExtension; a WasmPluginPatch is no whole object, and is left alone."""
    return kind_of(type_) is not None


def kind_of(type_: str) -> PluginKind | None:
    """Which of the two it is; None: neither."""
    match = _PLUGIN.fullmatch(type_)
    return PluginKind(match[1]) if match else None
