"""The planned chain of one proxy as filters that can be started here, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mesh_wasm.chains.chain import Chain, Step, chain_of
from mesh_wasm.chains.filters import PROXY, ROUTER, TCP_PROXY
from mesh_wasm.chains.member import Member
from mesh_wasm.chains.workload import UNLESS_WAYPOINT, WorkloadKind
from mesh_wasm.findings.finding import listed
from mesh_wasm.modules.cache import Cache
from mesh_wasm.modules.effective import Effective, effective_of, hidden_paths
from mesh_wasm.modules.locked import Lock
from mesh_wasm.rules.effect.workload import workload_of_labels
from mesh_wasm.rules.subjects import Workload as Proxy
from mesh_wasm.sources.source import Source
from mesh_wasm.values.enums import PluginType
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK
from mesh_wasm.values.module_urls.shown import shown_url

from .asked import Asked, TrialError
from .filters import Runnable

_OWN = (ROUTER, PROXY, TCP_PROXY)
"""Filters of Istio that are here as well."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class PlannedChain:
    """What one proxy runs, as far as it can be had here."""

    asked: Asked
    role: str
    plugins: tuple[Runnable, ...]
    """In the order in which they run: network filters, then HTTP filters."""
    line: str
    """The chain in one line, with Istio's own filters between."""
    left_out: tuple[str, ...]
    """Istio's own filters that are not here."""
    idle: tuple[str, ...] = ()
    """Plugins that are aimed at the proxy and take none of this traffic, each with why."""
    secrets: tuple[Any, ...] = field(default=(), repr=False)
    istio: tuple[int, int] | None = None


def planned_chain(
    source: Source, asked: Asked, lock: Lock, cache: Cache, modules: Mapping[str, Path] | None = None
) -> PlannedChain:
    """The chain of a proxy. Raises :class:`TrialError` where a part of it is not known, or not here: all at once.

    :param modules: Files of modules that stand in for those of the lock, by ``namespace/name``, name, or extension.
    """
    if asked.cluster not in (*source.clusters, *(member.cluster for member in source.members)):
        raise TrialError(f"There is no cluster {asked.cluster}; there is {listed(source.clusters, _SHOWN) or 'none'}.")
    chain = chain_of(asked.cluster, asked.workload, source.members, source.surroundings.get(asked.cluster))
    role = asked.role or _role(chain, asked)
    steps = [step for step in (*chain.network, *chain.http) if step.member is None or _always(step)]
    client = role == "gateway" or (role == "sidecar" and asked.client)
    problems = [f"Where {one.namespace}/{one.name} runs is known at `pulumi up` only." for one in chain.undecided]
    given = dict(modules or {})
    plugins: list[Runnable] = []
    idle = [f"{member.namespace}/{member.name}: {why}" for member, why in chain.idle]
    secrets: list[Any] = []
    for member in (step.member for step in steps if step.member is not None):
        ports = _ports(member, client=client, waypoint=role == "waypoint")
        if ports is not None and ports and asked.port is None:
            numbers = ", ".join(map(str, sorted(ports)))
            problems.append(f"{_place(member)} runs on port {numbers} only; say which port the listener has.")
            continue
        if ports is not None and asked.port not in ports:
            idle.append(f"{_place(member)}: it takes no {'outbound' if client else 'inbound'} traffic of this listener")
            continue
        try:
            runnable, hidden = _runnable(source, member, lock, cache, given)
        except TrialError as error:
            problems.append(str(error))
            continue
        plugins.append(runnable)
        secrets += hidden
    problems += _unknown(source, asked.cluster, given)
    if problems:
        raise TrialError("\n".join(problems))
    if not plugins:
        raise TrialError(_nothing(source, asked, idle))
    istio = next((member.istio for member in chain.plugins), None)
    own = [step.name for step in steps if step.filter is not None and step.filter not in _OWN]
    line = " -> ".join(step.name for step in steps if step.member is None or _place(step.member) in map(_key, plugins))
    return PlannedChain(
        asked, role, tuple(plugins), line, tuple(dict.fromkeys(own)), tuple(idle), tuple(secrets), istio
    )


def _always(step: Step) -> bool:
    return step.condition in ("", UNLESS_WAYPOINT)


def _role(chain: Chain, asked: Asked) -> str:
    """What kind of proxy it is: as the surroundings, its labels, or what is attached to it say."""
    kind = chain.proxies.kind
    if kind is Proxy.UNKNOWN:
        kind = workload_of_labels(dict(asked.workload.labels))
    if kind is not Proxy.UNKNOWN:
        return str(kind)
    targets = [member.target for member in chain.plugins if member.target]
    on_gateway = asked.workload.kind is WorkloadKind.GATEWAY or any("gateways/" in target for target in targets)
    return "gateway" if on_gateway or not targets else "sidecar"


def _ports(member: Member, *, client: bool, waypoint: bool) -> frozenset[int] | None:
    """The ports on which a plugin runs in that direction: None for all, empty for none."""
    ours = [ports for modes, ports in member.flows if ("CLIENT" if client else "SERVER") in modes]
    if None in ours:
        return None
    if waypoint and member.layer is PluginType.HTTP:
        return frozenset()
    return frozenset().union(*(ports for ports in ours if ports is not None))


def _runnable(
    source: Source, member: Member, lock: Lock, cache: Cache, given: Mapping[str, Path]
) -> tuple[Runnable, list[Any]]:
    bare, name = source.bare_spec(member), _place(member)
    make = partial(
        Runnable,
        member.namespace or "default",
        member.name,
        kind=member.kind,
        istio=member.istio,
        label=member.label,
    )
    if member.is_script:
        lua = bare.get("lua")
        code = lua.get("inlineCode") if isinstance(lua, Mapping) else None
        if not isinstance(code, str) or code == UNKNOWN_MARK:
            raise TrialError(f"The script of {name} is known at `pulumi up` only.")
        shown = member.spec.get("lua")
        secret = [code] if not isinstance(shown, Mapping) or shown.get("inlineCode") == SECRET_MARK else []
        return make(Effective(), None, script=code), secret
    effective = effective_of(bare)
    if effective is None:
        raise TrialError(f"A part of the configuration of {name} is known at `pulumi up` only.")
    strategy = str(bare.get("failStrategy") or "FAIL_CLOSE")
    module = _module(member, bare, lock, cache, given)
    runnable = make(effective, module, strategy=strategy)
    return runnable, list(effective.secrets(hidden_paths(member.spec)).values())


def _module(member: Member, bare: Mapping[str, Any], lock: Lock, cache: Cache, given: Mapping[str, Path]) -> Path:
    name = _place(member)
    for key in (name, member.name, member.label):
        if key in given:
            if not given[key].is_file():
                raise TrialError(f"There is no {given[key]}, which was given for {name}.")
            return given[key].resolve()
    url = bare.get("url")
    entry = lock.known(url, bare.get("sha256"))
    told = shown_url(url) if isinstance(url, str) else url
    if entry is None or entry.module is None:
        locked = "there is no lock" if lock.absent else f"it is not in {lock.name}"
        raise TrialError(f"The module of {name} ({told}) is not known: {locked}. Run mesh-wasm lock, or give its file.")
    found = cache.module(entry.module.sha256)
    if found is None:
        raise TrialError(
            f"The module of {name} is not on this machine. Fetch it with mesh-wasm lock --update {told}, or give its file."
        )
    return found


def _place(member: Member) -> str:
    return f"{member.namespace or 'default'}/{member.name}"


def _key(plugin: Runnable) -> str:
    return plugin.key


def _unknown(source: Source, cluster: str, given: Mapping[str, Path]) -> Iterator[str]:
    """Names for which a module was given, and that no plugin has."""
    members = [member for member in source.members if member.cluster == cluster]
    names = {name for member in members for name in (_place(member), member.name, member.label)}
    for name in sorted(given.keys() - names):
        yield f"No plugin is called {name}; there is {listed(sorted(map(_place, members)), _SHOWN) or 'none'}."


def _nothing(source: Source, asked: Asked, idle: Iterable[str]) -> str:
    told = [f"No plugin runs on {asked.workload.title} in cluster {asked.cluster}.", *(f"{one}." for one in idle)]
    others = list(dict.fromkeys(_titles(source, asked.cluster)))
    return "\n".join([*told, *([f"Plugins are aimed at {listed(others, _SHOWN)}."] if others else [])])


def _titles(source: Source, cluster: str) -> Iterator[str]:
    for member in source.members:
        if member.cluster == cluster:
            yield from (aim.title for aim in member.aims or ())
