"""Registering the IstioInternalGroups of TSB's direct mode: once in a program, whichever attachment comes first."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm_pulumi._reading.fleet import Where
from mesh_wasm_pulumi._values.ledger import ledger


def direct_group(plugin: PlannedPlugin, where: Where) -> pulumi.Resource | None:
    """The group that has to exist before a plugin, and go after it; None where somebody else declares it.

    It is no child of the attachment: others share it, and it stays as long as one of them has a plugin there.
    """
    from mesh_wasm.tsb.direct import own_group  # with it comes all that reads TSB's documents

    manifest = own_group(plugin)
    if manifest is None:
        return None
    cluster, metadata = plugin.cluster.name, manifest["metadata"]
    key = cluster, metadata["name"]
    groups = ledger().groups
    if key not in groups:
        name = f"{metadata['name']}-{cluster}"
        groups[key] = CustomResource(
            name,
            api_version=manifest["apiVersion"],
            kind=manifest["kind"],
            metadata=metadata,
            spec=manifest["spec"],
            opts=where.options(None, cluster, []),
        )
    resource: pulumi.Resource = groups[key]
    return resource
