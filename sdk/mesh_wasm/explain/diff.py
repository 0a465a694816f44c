"""What changes between two reports: plugins, versions, configuration keys, order, and how far each extension reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from mesh_wasm.findings.finding import counted, listed
from mesh_wasm.values.enums import PluginKind

from ._views import phase_name
from .saved import is_report
from .shape import VERSION, PluginReport, Report, WorkloadReport


class ChangeReport(TypedDict):
    """One change, told once for all the clusters in which it is the same."""

    kind: str
    """added, removed, version, config, priority, phase, behaviour, order or reach."""
    subject: str
    """The plugin, workload or extension that changes."""
    clusters: list[str]
    text: str
    """The change in words, without subject and clusters."""


KINDS = ("removed", "added", "version", "config", "phase", "priority", "behaviour", "order", "reach")
"""The kinds of change, in the order in which they are told."""


class NotComparable(ValueError):
    """The other report is none, or has another shape; the message is a finished sentence."""


@dataclass(frozen=True, slots=True)
class _Change:
    kind: str
    subject: str
    text: str


_NOT_COMPARED = _Change(
    "config",
    "all plugins",
    "values of configurations are not compared: the two reports are made with different keys, or without one. "
    "Set MESH_WASM_REPORT_KEY to the same secret text for both",
)


def differences(before: Mapping[str, Any], after: Report) -> list[ChangeReport]:
    """All changes from one report to another, by kind. Raises :class:`NotComparable`."""
    if not isinstance(before, Mapping) or before.get("version") != VERSION or not is_report(before):
        raise NotComparable(f"it is no report of version {VERSION}; make one with mesh-wasm explain --format json.")
    old: Report = before  # type: ignore[assignment]  # a JSON document of the version that this code writes
    clusters: dict[_Change, list[str]] = defaultdict(list)
    comparable = "key" in after and old.get("key") == after.get("key")
    if not comparable:
        clusters[_NOT_COMPARED] = []
        old, after = _without_marks(old), _without_marks(after)
    for cluster, change in [*_plugin_changes(old, after), *_order_changes(old, after)]:
        clusters[change].append(cluster)
    for change in _reach_changes(old, after):
        clusters[change] = []
    told: list[ChangeReport] = [
        {"kind": one.kind, "subject": one.subject, "clusters": sorted(set(where)), "text": one.text}
        for one, where in clusters.items()
    ]
    return sorted(told, key=lambda one: (KINDS.index(one["kind"]), one["subject"], one["text"], one["clusters"]))


def _without_marks(told: Report) -> Report:
    plugins: dict[str, Any] = {name: {**plugin, "marks": {}} for name, plugin in told["plugins"].items()}
    stripped: Any = {**told, "plugins": plugins}
    return cast(Report, stripped)


def _plugin_changes(before: Report, after: Report) -> Iterator[tuple[str, _Change]]:
    old, new = before["plugins"], after["plugins"]
    for key in sorted({*old, *new}):
        plugin = new.get(key) or old[key]
        subject = f"{plugin['namespace']}/{plugin['name']}"
        if key not in new:
            yield plugin["cluster"], _Change("removed", subject, f"{_summary(plugin)} is removed")
        elif key not in old:
            yield plugin["cluster"], _Change("added", subject, f"{_summary(plugin)} is added")
        else:
            for kind, text in _field_changes(old[key], new[key]):
                yield plugin["cluster"], _Change(kind, subject, text)


def _summary(plugin: PluginReport) -> str:
    return f"{plugin['label']} {plugin['version'] or ''}".strip()


_UNSAID = {"kind": PluginKind.WASM_PLUGIN.value}
"""What a report means that was saved before it had the field."""

_SHOW: dict[str, tuple[str, str, Callable[[Any], str]]] = {
    "kind": ("behaviour", "object", str),
    "url": ("version", "module", lambda value: value or "not known yet"),
    "phase": ("phase", "phase", phase_name),
    "priority": ("priority", "priority", lambda value: "none" if value is None else str(value)),
    "layer": ("behaviour", "type", str),
    "failStrategy": ("behaviour", "failStrategy", str),
    "traffic": ("behaviour", "traffic", str),
    "handedDown": ("behaviour", "handed down", lambda value: value or "nothing"),
    "why": ("behaviour", "reason", lambda value: value.rstrip(".")),
}


def _field_changes(old: PluginReport, new: PluginReport) -> Iterator[tuple[str, str]]:
    was: Mapping[str, Any] = old
    now: Mapping[str, Any] = new
    for field, (kind, name, show) in _SHOW.items():
        first, then = (side.get(field, _UNSAID.get(field)) for side in (was, now))
        if first != then:
            yield kind, f"{name}: {show(first)} → {show(then)}"
    gone, come = set(old["configKeys"] or ()), set(new["configKeys"] or ())
    if gone != come and old["configKeys"] is not None and new["configKeys"] is not None:
        keys = [*(f"+{key}" for key in sorted(come - gone)), *(f"-{key}" for key in sorted(gone - come))]
        yield "config", f"configuration keys: {', '.join(keys)}"
    yield from _value_changes(old, new)
    was_set, is_set = old.get("settings", {}), new.get("settings", {})
    for name in sorted({*was_set, *is_set} if "settings" in old else ()):
        if was_set.get(name) != is_set.get(name):
            yield "behaviour", f"{name}: {was_set.get(name, 'none')} → {is_set.get(name, 'none')}"


def _value_changes(old: PluginReport, new: PluginReport) -> Iterator[tuple[str, str]]:
    """That values differ which both have. What they are is shown by no report."""
    was, now = old.get("marks", {}), new.get("marks", {})
    differ = [path for path in sorted(was.keys() & now.keys()) if was[path] != now[path]]
    config = [path.removeprefix("pluginConfig.") for path in differ if path.startswith("pluginConfig")]
    if config:
        yield "config", f"configuration: {counted(len(config), 'value')} changed (not shown): {', '.join(config)}"
    env = [path.removeprefix(_ENV) for path in differ if path.startswith(_ENV)]
    if env:
        yield "config", f"variables of the VM: {counted(len(env), 'value')} changed (not shown): {', '.join(env)}"
    gone, come = _env(was) - _env(now), _env(now) - _env(was)
    if gone or come:
        told = [*(f"+{name}" for name in sorted(come)), *(f"-{name}" for name in sorted(gone))]
        yield "config", f"variables of the VM: {', '.join(told)}"


_ENV = "vmConfig.env."


def _env(marks: Mapping[str, str]) -> set[str]:
    return {path.removeprefix(_ENV) for path in marks if path.startswith(_ENV)}


def _order_changes(before: Report, after: Report) -> Iterator[tuple[str, _Change]]:
    """Workloads on which plugins that were there, and still are, run in another order."""
    old = _workloads(before)
    for (cluster, title), workload in _workloads(after).items():
        was = old.get((cluster, title))
        if was is None:
            continue
        first, then = _sequence(was), _sequence(workload)
        first, then = [key for key in first if key in then], [key for key in then if key in first]
        if first != then:
            text = f"order: {_names(before, first)} → {_names(after, then)}"
            yield cluster, _Change("order", title, text)


def _workloads(told: Report) -> dict[tuple[str, str], WorkloadReport]:
    return {
        (cluster["name"], workload["title"]): workload
        for cluster in told["clusters"]
        for workload in cluster["workloads"]
    }


def _sequence(workload: WorkloadReport) -> list[str]:
    return [step["plugin"] for step in (*workload["network"], *workload["http"]) if "plugin" in step]


def _names(told: Report, keys: list[str]) -> str:
    return ", ".join(told["plugins"][key]["label"] for key in keys)


def _reach_changes(before: Report, after: Report) -> Iterator[_Change]:
    """Extensions and raw plugins that reach more or fewer clusters and workloads: their blast radius."""
    old, new = _reach(before), _reach(after)
    for label in sorted({*old, *new}):
        was, now = old.get(label, set()), new.get(label, set())
        if was != now:
            sizes = _size(was), _size(now)
            sides = sizes if sizes[0] != sizes[1] else (_places(was - now), _places(now - was))
            yield _Change("reach", label, f"reach: {sides[0]} → {sides[1]}")


def _reach(told: Report) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for place, workload in _workloads(told).items():
        for key in _sequence(workload):
            found[told["plugins"][key]["label"]].add(place)
    return found


def _size(places: set[tuple[str, str]]) -> str:
    clusters = len({cluster for cluster, _ in places})
    return f"{counted(len(places), 'workload')} in {counted(clusters, 'cluster')}" if places else "nothing"


def _places(places: set[tuple[str, str]]) -> str:
    return listed(sorted({title for _, title in places}))
