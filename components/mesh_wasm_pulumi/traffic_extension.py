"""TrafficExtension: the raw Istio resource of Istio 1.30 and newer, with a Wasm module or a Lua script. It creates

- one TrafficExtension per selected cluster, whatever the cluster's ``emit`` says, and
- before it, the pull secret, if one is given.
"""

import pulumi

from mesh_wasm.planning.traffic_extensions import TrafficExtensionDocument, plan_traffic_extension

from ._registering.raw import RawKind, declare
from .args import PluginReference, TrafficExtensionArgs


class TrafficExtension(pulumi.ComponentResource):
    """An Istio TrafficExtension in every selected cluster."""

    plugins: pulumi.Output[list[PluginReference]]
    """The TrafficExtensions that were made."""

    def __init__(self, name: str, args: TrafficExtensionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare an extension; see TrafficExtensionArgs."""
        kind = RawKind(TrafficExtensionArgs, TrafficExtensionDocument, plan_traffic_extension)
        for step in declare(self, kind, name, args, opts):
            step()
