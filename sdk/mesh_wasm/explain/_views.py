"""What all renderings of a report share: equal chains of several clusters are shown once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mesh_wasm.values.enums import PluginKind, PluginPhase

from .shape import PluginReport, Report, StepReport, WorkloadReport


@dataclass(frozen=True, slots=True)
class Variant:
    """A chain of one workload that is the same in some clusters."""

    title: str
    clusters: tuple[str, ...]
    workload: WorkloadReport
    """That of the first of these clusters."""


def variants(told: Report) -> list[Variant]:
    """All different chains: by workload, and in each by cluster in the order of the report."""
    found: dict[str, dict[str, tuple[list[str], WorkloadReport]]] = {}
    for cluster in told["clusters"]:
        for workload in cluster["workloads"]:
            of_title = found.setdefault(workload["title"], {})
            of_title.setdefault(_mark(told, workload), ([], workload))[0].append(cluster["name"])
    return [
        Variant(title, tuple(clusters), workload)
        for title, of_title in sorted(found.items(), key=lambda item: _order(item[0]))
        for clusters, workload in of_title.values()
    ]


def _order(title: str) -> tuple[bool, str, bool, str]:
    """Namespaces by name, in each the whole namespace last; the whole mesh at the end."""
    where, _, who = title.partition(" · ")
    return where == "whole mesh", where, who.startswith("every "), who


def _mark(told: Report, workload: WorkloadReport) -> str:
    """Equal for chains that look the same: everything that is shown but the cluster."""
    parts = []
    for step in steps(workload):
        plugin = told["plugins"].get(step.get("plugin", ""))
        shown = {key: value for key, value in (plugin or {}).items() if key != "cluster"}
        parts.append(repr((step["name"], step.get("condition"), step.get("tied"), shown)))
    parts += [repr(told["plugins"][key]["name"]) for key in workload["undecided"]]
    parts.append(workload.get("known", ""))
    return "|".join(parts)


def steps(workload: WorkloadReport) -> Iterator[StepReport]:
    """All steps: network filters, then HTTP filters."""
    yield from workload["network"]
    yield from workload["http"]


def place(plugin: PluginReport) -> str:
    """Phase and priority in words."""
    if plugin["undecided"]:
        return f"not known yet: {', '.join(plugin['undecided'])}"
    priority = "no priority: after all others" if plugin["priority"] is None else f"priority {plugin['priority']}"
    return f"{phase_name(plugin['phase'])}, {priority}"


def details(plugin: PluginReport) -> list[tuple[str, str]]:
    """The facts of a plugin, as pairs of a name and a text; what is usual is left out."""
    keys = plugin["configKeys"]
    facts = [
        ("why", plugin["why"]),
        ("handed down", plugin.get("handedDown", "")),
        ("object", f"{kind_of(plugin)} {plugin['namespace']}/{plugin['name']}"),
        ("module", plugin["url"] or "not known yet"),
        ("configuration", "not known yet" if keys is None else ", ".join(keys)),
        ("not the same everywhere", plugin.get("differs", "")),
        ("on failure", "" if plugin["failStrategy"] == "FAIL_CLOSE" else plugin["failStrategy"]),
        ("traffic", "" if plugin["traffic"] == "all" else plugin["traffic"]),
    ]
    return [(name, text) for name, text in facts if text]


def kind_of(plugin: PluginReport) -> str:
    """Its kind of object; reports that were saved before there were two do not say it."""
    return plugin.get("kind", PluginKind.WASM_PLUGIN.value)


def phase_name(phase: str | None) -> str:
    """A phase for people."""
    if phase is None:
        return "phase not known yet"
    return "no phase" if phase == PluginPhase.UNSPECIFIED_PHASE else str(phase)
