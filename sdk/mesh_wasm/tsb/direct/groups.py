"""The IstioInternalGroups that are written for plugins of direct mode where nobody has declared one.

To TSB a namespace of a workspace belongs to one group. So there is one for each cluster and namespace: whoever writes
plugins there, and however many do, it is the same object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.values.naming import short_hash

from .reading import GROUP, LEVELS, PREFIX

API_VERSION = "istiointernal.tsb.tetrate.io/v2"
KIND = "Group"


def name_of_group(workspace: Fqn, plugin: PlannedPlugin) -> str:
    """What the group of a workspace in a plugin's namespace is called."""
    return _name(str(workspace), plugin.cluster.name, str(plugin.namespace))


def own_group(plugin: PlannedPlugin) -> dict[str, Any] | None:
    """The group that has to exist for a plugin; None where it is of one that somebody declares, or of none."""
    named = plugin.annotations.get(PREFIX + GROUP)
    if named is None:
        return None
    places = {PREFIX + name: plugin.annotations.get(PREFIX + name) for name in LEVELS}
    workspace = "/".join(f"{collection}/{places[PREFIX + name]}" for name, collection in LEVELS.items())
    cluster, namespace = plugin.cluster.name, str(plugin.namespace)
    if named != _name(workspace, cluster, namespace):
        return None
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": named, "annotations": places},
        "spec": {"namespaceSelector": {"names": [f"{cluster}/{namespace}"]}},
    }


def own_groups(plugins: Iterable[PlannedPlugin]) -> list[tuple[str, dict[str, Any]]]:
    """Those of some plugins, each once with the name of its cluster; sorted."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for plugin in plugins:
        group = own_group(plugin) if plugin.cluster.tsb_direct else None
        if group is not None:
            found.setdefault((plugin.cluster.name, group["metadata"]["name"]), group)
    return [(cluster, group) for (cluster, _), group in sorted(found.items())]


def _name(workspace: str, cluster: str, namespace: str) -> str:
    return f"mesh-wasm-{namespace}-{short_hash(workspace, cluster, namespace)}"
