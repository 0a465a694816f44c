"""The types of resources that the policies look at."""

from __future__ import annotations

import re

from mesh_wasm_pulumi.tokens import token

EXTENSION = token("WasmExtension")
SECRET = "kubernetes:core/v1:Secret"
PLUGIN = "kubernetes:extensions.istio.io/v1alpha1:WasmPlugin"

_PLUGIN = re.compile(r"kubernetes:extensions\.istio\.io/[^:]+:WasmPlugin")


def is_plugin(type_: str) -> bool:
    """Whether it is an Istio WasmPlugin; a WasmPluginPatch is not a whole object, and is left alone."""
    return bool(_PLUGIN.fullmatch(type_))
