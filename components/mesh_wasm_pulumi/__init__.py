"""mesh-wasm for Pulumi: declare Wasm extensions once, attach them, and ship them as WasmPlugins to every cluster."""

from mesh_wasm._version import __version__

from ._chains import chains
from .attachment import (
    EgressGatewayAttachment,
    GatewayAttachment,
    IngressGatewayAttachment,
    SecurityGroupAttachment,
    Tier1GatewayAttachment,
)
from .cluster import Cluster, Fleet
from .extension import WasmExtension
from .plugin import WasmPlugin
from .pullsecret import PullSecret
from .tsb import TsbManifests

__all__ = [
    "Cluster",
    "EgressGatewayAttachment",
    "Fleet",
    "GatewayAttachment",
    "IngressGatewayAttachment",
    "PullSecret",
    "SecurityGroupAttachment",
    "Tier1GatewayAttachment",
    "TsbManifests",
    "WasmExtension",
    "WasmPlugin",
    "__version__",
    "chains",
]
