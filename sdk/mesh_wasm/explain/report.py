"""The report: chains, plugins and findings as plain data, free of secrets and the same bytes for the same input.

Of a plugin's configuration it tells the names of the top-level keys and nothing else; URLs come without user names and
queries.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.chains.chain import Chain, Step, chains
from mesh_wasm.chains.declared import ALL_TRAFFIC
from mesh_wasm.chains.member import Member
from mesh_wasm.chains.ties import tie_findings
from mesh_wasm.chains.twins import Twins
from mesh_wasm.chains.workload import Workload, WorkloadKind
from mesh_wasm.findings.kinds import BOTH_KINDS
from mesh_wasm.modules.locked import Lock
from mesh_wasm.sources.source import Source
from mesh_wasm.surroundings.objects import Policy
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.image import image_of
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK
from mesh_wasm.values.module_urls.shown import shown_url
from mesh_wasm.values.naming import short_hash

from ._known import cluster_words, filter_words, workload_words
from ._levels import levels
from ._verdicts import verdict_report
from .marks import differences_by_cluster, key_id, value_marks
from .shape import VERSION, ClusterReport, FindingReport, PluginReport, Report, StepReport, WorkloadReport


def report(source: Source, key: bytes | None = None, lock: Lock | None = None) -> Report:
    """Explain a source.

    :param key: The key of the marks; without one, marks compare clusters with one another, and are not saved.
    :param lock: What trials said of modules; None: nothing is told of it.
    """
    marking = secrets.token_bytes(32) if key is None else key
    members = sorted(source.members, key=lambda member: (member.cluster, member.namespace or "", member.name))
    keys = _keys(members)
    by_cluster: dict[str, list[Chain]] = defaultdict(list)
    never: dict[Member, str] = {}
    runs: set[Member] = set()
    for chain in chains(members, source.surroundings):
        if chain.plugins or chain.undecided:
            by_cluster[chain.cluster].append(chain)
        runs.update((*chain.plugins, *chain.undecided))
        never.update(chain.idle)
    unreached: dict[str, list[str]] = defaultdict(list)
    for member in members:
        if not member.aims or (member in never and member not in runs):
            unreached[member.cluster].append(keys[member.identity])
    names = dict.fromkeys([*source.clusters, *(member.cluster for member in members)])
    plugins: dict[str, PluginReport] = {}
    for member in members:
        plugins[keys[member.identity]] = plugin = _plugin(member, "" if member in runs else never.get(member, ""))
        plugin["marks"] = value_marks(source.bare_spec(member), marking)
        verdict = None if lock is None or lock.absent else verdict_report(source, member, lock)
        if verdict is not None:
            plugin["verdict"] = verdict
    _compare_clusters(plugins)
    told: Report = {
        "version": VERSION,
        "title": source.title,
        "clusters": [
            _cluster(name, [_workload(one, keys) for one in by_cluster[name]], unreached[name], source)
            for name in names
        ],
        "plugins": plugins,
        "findings": list(_findings(source, members)),
        "problems": list(source.problems),
    }
    return told if key is None else {**told, "key": key_id(key)}


def _cluster(name: str, held: list[WorkloadReport], unreached: list[str], source: Source) -> ClusterReport:
    told: ClusterReport = {"name": name, "workloads": held, "unreached": unreached}
    around = source.surroundings.get(name)
    words = cluster_words(around) if around is not None else ""
    return {**told, "knowledge": words} if words else told


def to_json(told: Mapping[str, Any]) -> str:
    """A report, or a part of one, as JSON text with a newline at its end."""
    if "plugins" in told and "key" not in told:
        plugins = {name: {**plugin, "marks": {}} for name, plugin in told["plugins"].items()}
        told = {**told, "plugins": plugins}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


Keys = Mapping[tuple[Any, ...], str]
"""The key of each plugin in the report, by its identity."""


def _compare_clusters(plugins: dict[str, PluginReport]) -> None:
    """Say of each plugin which of its values are others in other clusters."""
    same: dict[tuple[str | None, str], list[PluginReport]] = defaultdict(list)
    for plugin in plugins.values():
        same[(plugin["namespace"], plugin["name"])].append(plugin)
    for group in same.values():
        if any(one["marks"] != group[0]["marks"] for one in group):
            told = differences_by_cluster({one["cluster"]: one["marks"] for one in group})
            for one in group:
                if one["cluster"] in told:
                    one["differs"] = told[one["cluster"]]


def _keys(members: list[Member]) -> Keys:
    """A TrafficExtension in the place of a WasmPlugin has its key, so that reports can be compared; its twin has not."""
    keys: dict[tuple[Any, ...], str] = {}
    for member in sorted(members, key=lambda member: member.kind, reverse=True):  # WasmPlugins first
        key = f"{member.cluster}/{member.namespace or '?'}/{member.name}"
        twin = (*member.identity[:3], PluginKind.WASM_PLUGIN)
        keys[member.identity] = f"{key} ({member.kind})" if member.identity != twin and twin in keys else key
    return keys


def _workload(chain: Chain, keys: Keys) -> WorkloadReport:
    policies = chain.proxies.policies
    told: WorkloadReport = {
        "title": chain.workload.title,
        "line": chain.line,
        "network": [_step(step, keys, policies) for step in chain.network],
        "http": [_step(step, keys, policies) for step in chain.http],
        "undecided": [keys[member.identity] for member in chain.undecided],
    }
    words = workload_words(chain)
    return {**told, "known": words} if words else told


def _step(step: Step, keys: Keys, policies: tuple[Policy, ...]) -> StepReport:
    told: StepReport = {"name": step.name}
    if step.member is not None:
        told["plugin"] = keys[step.member.identity]
    if step.filter is not None:
        told["what"] = filter_words(step, policies)
    if step.condition:
        told["condition"] = step.condition
    if step.tied:
        told["tied"] = list(step.tied)
    return told


def _plugin(member: Member, never: str) -> PluginReport:
    spec = member.spec
    url = _known_text(spec.get("url"))
    down = levels(member.target, member.replaces)
    told: PluginReport = {
        "kind": member.kind.value,
        "cluster": member.cluster,
        "namespace": member.namespace,
        "name": member.name,
        "label": member.label,
        "extension": member.fqn,
        "target": member.target,
        "declaredBy": member.declared_by,
        "why": _why(member, never),
        "phase": member.phase,
        "priority": member.priority,
        "layer": member.layer,
        "url": _script(spec) if member.is_script else shown_url(url) if url else None,
        "version": _version(url) if url else None,
        "configKeys": [] if member.is_script else _config_keys(spec),
        "settings": {name: text for name in _SETTINGS if (text := _known_text(spec.get(name)))},
        "failStrategy": "FAIL_OPEN" if member.is_script else _known_text(spec.get("failStrategy")) or "FAIL_CLOSE",
        "traffic": _traffic(member),
        "undecided": list(member.undecided),
    }
    return {**told, "handedDown": down} if down else told


_SETTINGS = ("pluginName", "sha256", "imagePullPolicy", "imagePullSecret", "verificationKey")


def _known_text(value: Any) -> str | None:
    return value if isinstance(value, str) and value not in (UNKNOWN_MARK, SECRET_MARK) else None


def _why(member: Member, never: str) -> str:
    """The sentence that answers: why is this plugin here? ``never``: why it runs nowhere."""
    by = f" by {member.declared_by}" if member.declared_by else ""
    if member.fqn:
        origin = f"Extension {member.fqn} is attached to {member.target or 'a target'}{by}"
    else:
        origin = f"It is a {member.kind} of its own{by and f', declared{by}'}"
    if member.aims is None:
        return f"{origin}; where it runs is not known yet."
    if never:
        return f"{origin}; it is aimed at {' and '.join(map(_reach, member.aims))}, and never runs: {never}."
    return f"{origin}; it runs on {' and '.join(map(_reach, member.aims)) or _nowhere(member)}."


def _nowhere(member: Member) -> str:
    if member.flows == ALL_TRAFFIC:
        return "no workload: Istio ignores its targetRefs"
    return "no workload: Istio ignores its targetRefs, or its match takes none of their traffic"


def _reach(aim: Workload) -> str:
    where = "any namespace (it stands in the root namespace)" if aim.namespace is None else f"namespace {aim.namespace}"
    match aim.kind:
        case WorkloadKind.PODS if aim.labels:
            return f"pods with {', '.join(f'{key}={value}' for key, value in aim.labels)} in {where}"
        case WorkloadKind.PODS:
            return f"every pod in {where}"
        case WorkloadKind.GATEWAY:
            return f"Gateway {aim.name} in {where}"
        case WorkloadKind.WAYPOINTS:
            return "every waypoint of the mesh"
        case _:
            what = "Service" if aim.kind is WorkloadKind.SERVICE else "ServiceEntry"
            return f"the waypoint of {what} {aim.name} in {where}"


def _script(spec: Mapping[str, Any]) -> str | None:
    """A script by the mark of its text: a report shows that it has changed, and not what it says."""
    lua = spec["lua"]
    code = _known_text(lua.get("inlineCode")) if isinstance(lua, Mapping) else None
    return None if code is None else f"Lua script {short_hash(code)}"


def _version(url: str) -> str | None:
    image = image_of(url)
    if image is None:
        return None
    digest = image.digest and image.digest[: len("sha256:") + 12]
    return "@".join(part for part in (image.tag, digest) if part) or None


def _config_keys(spec: Mapping[str, Any]) -> list[str] | None:
    config = spec.get("pluginConfig", {})
    if isinstance(config, Deferred) or not isinstance(config, Mapping):
        return None
    return sorted(map(str, config))


def _traffic(member: Member) -> str:
    return " or ".join(_flow(*flow) for flow in member.flows) if member.flows != ALL_TRAFFIC else "all"


def _flow(modes: frozenset[str], ports: frozenset[int] | None) -> str:
    way = {"CLIENT": "outbound", "SERVER": "inbound"}[next(iter(modes))] if len(modes) == 1 else "both directions"
    return way if ports is None else f"{way} on port {', '.join(map(str, sorted(ports)))}"


def _findings(source: Source, members: list[Member]) -> Iterator[FindingReport]:
    told = list(source.findings)
    if not any(finding.rule == "MW706" for _, finding in told):
        told += [("", finding) for finding in tie_findings(members)]
    if not any(finding.rule == BOTH_KINDS.id for _, finding in told):
        told += [("", finding) for finding in Twins().enter(members)]
    for component, finding in told:
        yield {
            "component": component,
            "rule": finding.rule,
            "severity": str(finding.severity),
            "cluster": finding.cluster,
            "message": finding.message,
            "fix": finding.fix,
        }
