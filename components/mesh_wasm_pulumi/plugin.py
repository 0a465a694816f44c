"""WasmPlugin: the raw Istio resource, typed and validated, in every selected cluster. It creates

- one WasmPlugin per selected cluster, or in a cluster with ``emit="TrafficExtension"`` the one that means the same, and
- before it, the pull secret, if one is given.
"""

import pulumi

from mesh_wasm.planning.plugins import PluginDocument, plan_plugin

from ._registering.raw import RawKind, declare
from .args import PluginReference, WasmPluginArgs


class WasmPlugin(pulumi.ComponentResource):
    """An Istio WasmPlugin in every selected cluster."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: WasmPluginArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a plugin; see WasmPluginArgs."""
        for step in declare(self, RawKind(WasmPluginArgs, PluginDocument, plan_plugin), name, args, opts):
            step()
