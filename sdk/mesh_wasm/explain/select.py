"""A part of a report: some clusters, or the chains of some plugins."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mesh_wasm.findings.finding import listed
from mesh_wasm.findings.suggestions import did_you_mean, nearest, suggestion

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


def unheard_of(told: Report, clusters: Iterable[str], plugins: Iterable[str]) -> str | None:
    """A sentence about the first of the names that no cluster and no plugin has; None if all are there."""
    there = [cluster["name"] for cluster in told["clusters"]]
    for name in clusters:
        if name not in there:
            has = f"the clusters are {', '.join(there)}" if there else "there is none at all"
            return f"--cluster: there is no cluster '{name}'; {has}{did_you_mean(suggestion(name, there))}"
    named = sorted({name for key in told["plugins"] for name in _names(told, key) if name})
    for name in plugins:
        if name not in named:
            near = nearest(name, named)
            which = (
                f"near are {', '.join(near)}."
                if near
                else f"the names are {listed(named)}."
                if named
                else "there is none."
            )
            return f"--plugin: there is no extension or plugin '{name}'; {which}"
    return None


def _names(told: Report, key: str) -> tuple[str, ...]:
    plugin = told["plugins"][key]
    return plugin["label"], plugin["name"], plugin["extension"]
