"""mesh-wasm for Pulumi: declare Wasm extensions once, attach them, and ship them as WasmPlugins to every cluster.

Importing this package costs next to nothing: each name is fetched from its module when it is first used (PEP 562), so a
program that shares its imports with others pays for pydantic, and for our own modules, only once it uses them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mesh_wasm._version import __version__

if TYPE_CHECKING:  # what type checkers and editors see
    from ._telling.chains import chains
    from .attachment import (
        DefaultSecuritySetting,
        EgressGatewayAttachment,
        GatewayAttachment,
        IngressGatewayAttachment,
        SecurityGroupAttachment,
        ServiceSecuritySetting,
        Tier1GatewayAttachment,
    )
    from .cluster import Cluster
    from .extension import WasmExtension
    from .fleet import Fleet
    from .plugin import WasmPlugin
    from .pullsecret import PullSecret
    from .traffic_extension import TrafficExtension
    from .tsb import TsbManifests

__all__ = [
    "Cluster",
    "DefaultSecuritySetting",
    "EgressGatewayAttachment",
    "Fleet",
    "GatewayAttachment",
    "IngressGatewayAttachment",
    "PullSecret",
    "SecurityGroupAttachment",
    "ServiceSecuritySetting",
    "Tier1GatewayAttachment",
    "TrafficExtension",
    "TsbManifests",
    "WasmExtension",
    "WasmPlugin",
    "__version__",
    "chains",
]

_MODULES = {
    "Cluster": "cluster",
    "DefaultSecuritySetting": "attachment",
    "EgressGatewayAttachment": "attachment",
    "Fleet": "fleet",
    "GatewayAttachment": "attachment",
    "IngressGatewayAttachment": "attachment",
    "PullSecret": "pullsecret",
    "SecurityGroupAttachment": "attachment",
    "ServiceSecuritySetting": "attachment",
    "Tier1GatewayAttachment": "attachment",
    "TrafficExtension": "traffic_extension",
    "TsbManifests": "tsb",
    "WasmExtension": "extension",
    "WasmPlugin": "plugin",
    "chains": "_telling.chains",
}
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import gc

    # What is imported stays, so there is nothing to collect meanwhile; it was a seventh of the time (docs/performance.md).
    collects = gc.isenabled()
    gc.disable()
    try:
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    finally:
        if collects:
            gc.enable()
    globals()[name] = value  # the next use finds it without asking here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
