"""A part of a report: some clusters, or the chains of some plugins."""

from __future__ import annotations

from collections.abc import Collection

from ._views import steps
from .shape import Report, WorkloadReport


def only(told: Report, clusters: Collection[str] = (), plugins: Collection[str] = ()) -> Report:
    """The part about some clusters, and the chains that hold some plugins, by extension or object; by default all."""
    kept = [cluster for cluster in told["clusters"] if not clusters or cluster["name"] in clusters]

    def wanted(workload: WorkloadReport) -> bool:
        keys = [*(step["plugin"] for step in steps(workload) if "plugin" in step), *workload["undecided"]]
        named = {name for key in keys for name in _names(told, key)}
        return not plugins or not named.isdisjoint(plugins)

    return {
        **told,
        "clusters": [
            {
                **cluster,
                "name": cluster["name"],
                "workloads": [workload for workload in cluster["workloads"] if wanted(workload)],
                "unreached": [
                    key for key in cluster["unreached"] if not plugins or set(_names(told, key)) & {*plugins}
                ],
            }
            for cluster in kept
        ],
    }


def _names(told: Report, key: str) -> tuple[str, ...]:
    plugin = told["plugins"][key]
    return plugin["label"], plugin["name"], plugin["extension"]
