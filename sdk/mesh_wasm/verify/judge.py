"""Comparing what a proxy runs with what it should run: one verdict for each planned plugin that reaches it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ._agentlog import AgentLog
from ._content import differences
from ._proxydump import Chain, Filter, Proxy
from .planned import MARKS, Planned


class Status(StrEnum):
    """What became of a planned plugin in one proxy."""

    LOADED = "loaded"
    """It stands in the chain, in its place, with the planned content."""
    PENDING = "pending"
    """It stands in the chain, but the proxy does not have its module yet."""
    FAILED = "failed"
    """Its module could not be fetched or started."""
    MISPLACED = "in the wrong order"
    """It runs before a plugin that should run before it."""
    DIFFERENT = "different"
    """It runs with another module or configuration than the plan's."""
    ABSENT = "not there"
    """It is in none of the proxy's chains."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one plugin in one proxy."""

    plugin: Planned
    status: Status
    reason: str = ""
    """Why, as sentences; empty for what is as planned. Never holds a value of a configuration."""
    fix: str = ""
    """What to do, as a sentence."""
    listeners: tuple[str, ...] = ()
    """The listeners in whose chains it stands."""

    @property
    def ok(self) -> bool:
        """Whether it is as planned."""
        return self.status is Status.LOADED


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that could be read of one proxy."""

    proxy: Proxy
    log: AgentLog | None = None
    """What its container logged; None where it was not given."""
    started: frozenset[str] | None = None
    """Keys of the plugins that Envoy has statistics of; None where they were not read."""


def judge(planned: Sequence[Planned], evidence: Evidence, root_namespace: str = "istio-system") -> list[Verdict]:
    """A verdict for each plugin that selects the proxy, or runs there all the same, in the order of the plan."""
    runs = {key for chain in evidence.proxy.chains for key in chain.plugins}
    selected = [plugin for plugin in planned if plugin.named and plugin.selects(evidence.proxy, root_namespace)]
    stray = [plugin for plugin in planned if plugin.key in runs and plugin not in selected]
    if evidence.proxy.is_waypoint:  # which ServiceEntry a host comes from its dump does not tell
        unsure = [plugin for plugin in stray if plugin.names_service_entry]
        selected, stray = [*selected, *unsure], [plugin for plugin in stray if plugin not in unsure]
    mine = sorted([*selected, *stray], key=lambda plugin: (plugin.rank, plugin.key))
    return [_stray(plugin) if plugin in stray else _verdict(plugin, selected, evidence) for plugin in mine]


def _stray(plugin: Planned) -> Verdict:
    reason = "It runs here, though the plan's selector, targetRefs or namespace do not reach this proxy."
    return Verdict(plugin, Status.DIFFERENT, reason, "Apply the plan, or wait for it to arrive.")


def _verdict(plugin: Planned, planned: Sequence[Planned], evidence: Evidence) -> Verdict:
    chains = [chain for chain in evidence.proxy.chains if plugin.key in chain.plugins]
    listeners = tuple(dict.fromkeys(chain.listener for chain in chains))
    if not chains:
        return Verdict(plugin, *(_held_up(evidence.proxy) or _absent(plugin, evidence.proxy)))
    status, reason, fix = (
        _unfetched(plugin, chains, evidence)
        or _misplaced(plugin, planned, chains)
        or _content(plugin, evidence)
        or (Status.LOADED, "", "")
    )
    return Verdict(plugin, status, reason, fix, listeners)


Finding = tuple[Status, str, str]
"""Status, reason and remedy."""


_MATCH = "Correct mode and ports: a gateway's traffic is CLIENT, its ports are those that the proxy listens on."
_MATCH_OF_WAYPOINT = (
    "Correct mode and ports: a waypoint's traffic is SERVER, its HTTP has no port, its TCP the port of the Service."
)


def _traffic(chain: Chain) -> str:
    return f"{chain.direction} on port {chain.port}" if chain.port else f"{chain.direction} without a port"


def _held_up(proxy: Proxy) -> Finding | None:
    """Of a plugin that is not there: a listener that Envoy refuses keeps it out, whatever its own state."""
    if not proxy.refused:
        return None
    fix = "Mend or delete what Envoy names, often the Lua script of a TrafficExtension; nothing else helps."
    return Status.FAILED, f"Envoy refuses the listener as istiod sends it: {proxy.refused[0].why}.", fix


def _absent(plugin: Planned, proxy: Proxy) -> Finding:
    fitting = [chain for chain in proxy.chains if plugin.stands_in(chain, proxy)]
    if not fitting:
        kind = "HTTP listener" if plugin.is_http else "TCP port" if proxy.is_waypoint else "listener"
        reason = f"The proxy has no {kind} yet that it could stand in."
        return Status.PENDING, reason, "Look at the proxy's Gateway or Service."
    if not any(plugin.matches(chain) for chain in fitting):
        traffic = ", ".join(dict.fromkeys(map(_traffic, fitting)))
        reason = f"Its match takes none of the proxy's traffic ({traffic})."
        return Status.ABSENT, reason, _MATCH_OF_WAYPOINT if proxy.is_waypoint else _MATCH
    reason = "It selects this proxy and is in none of its chains: it is not in the cluster, or istiod has dropped it."
    fix = "Look whether the object exists; if so, istiod's log names a plugin whose URL it cannot read."
    return Status.ABSENT, reason, fix


def _unfetched(plugin: Planned, chains: Sequence[Chain], evidence: Evidence) -> Finding | None:
    filter_ = evidence.proxy.filters.get(plugin.key)
    if filter_ is not None and filter_.script is not None:
        return None  # nothing to fetch, and it would not be there if Envoy had refused it
    if filter_ is None:
        waits = " Its listener takes no requests until then." if all(chain.warming for chain in chains) else ""
        fix = "Wait: the agent gives a pull 30 s; then look at its log."
        return Status.PENDING, f"The agent has not handed its module to Envoy yet.{waits}", fix
    if filter_.config is None:
        return _substituted(plugin, filter_, evidence)
    fix = "Look at the module (ABI, start, configuration); the proxy's log says more."
    lost = "every request fails with 500" if plugin.is_http else "every connection is closed"
    effect = f"{lost}, whatever failStrategy says"
    if evidence.log is not None and evidence.log.refused(plugin.key, filter_.updated):
        reason = f"Envoy refused to start its module: what ran before goes on, and where nothing did, {effect}."
        return Status.FAILED, reason, fix
    if evidence.started is not None and plugin.key not in evidence.started:
        return Status.FAILED, f"Envoy has its module and never started it: {effect}.", fix
    return None


def _substituted(plugin: Planned, filter_: Filter, evidence: Evidence) -> Finding:
    if plugin.is_http:
        effect = "requests pass without it (FAIL_OPEN)" if filter_.allows else "every request is denied with 403"
    else:
        effect = "connections pass without it (FAIL_OPEN)" if filter_.allows else "every connection is closed"
    reason = f"The agent could not fetch its module, so {effect}"
    if evidence.log is None:
        return Status.FAILED, f"{reason}.", "The log of the proxy's container has the reason: hand it over with log=."
    why = evidence.log.why_not_fetched(plugin.key, str(plugin.spec.get("url", "")))
    if why is None:
        return Status.FAILED, f"{reason}; the log that was given does not say why.", "Take the log from its beginning."
    fix = f"Mend it, then change the {plugin.kind} or its Secret: the agent does not try again by itself."
    return Status.FAILED, f"{reason}: {why}.", fix


def _misplaced(plugin: Planned, planned: Sequence[Planned], chains: Sequence[Chain]) -> Finding | None:
    for chain in chains:
        later = chain.plugins[chain.plugins.index(plugin.key) + 1 :]
        overtaken = [other.key for other in planned if other.key in later and other.rank < plugin.rank]
        if overtaken:
            reason = f"In {chain.listener} it runs before {', '.join(overtaken)}, which should run first."
            fix = "Apply the plan: phase or priority in the cluster are not those of the plan."
            return Status.MISPLACED, reason, fix
    return None


def _content(plugin: Planned, evidence: Evidence) -> Finding | None:
    found = differences(plugin, evidence.proxy.filters[plugin.key])
    if not found:
        return None
    reason = f"It runs with another {', '.join(found)} than the plan's."
    held_up = _held_up(evidence.proxy)
    if held_up is not None:
        return Status.DIFFERENT, f"{reason} {held_up[1]}", held_up[2]
    return Status.DIFFERENT, reason, "Apply the plan, or wait for it to arrive."


def unplanned(planned: Sequence[Planned], proxy: Proxy) -> list[str]:
    """Keys of the plugins in the proxy's chains that the plan does not know."""
    known = {plugin.key for plugin in planned}
    return sorted({key for chain in proxy.chains for key in chain.plugins} - known)


def blind_spots(planned: Sequence[Planned], evidence: Evidence) -> Iterator[str]:
    """What the evidence does not show: each the end of a sentence that begins with 'not seen:'."""
    if evidence.log is None and evidence.started is None:
        yield "whether Envoy could start the modules (a refused one looks loaded): that is in its statistics and its log."
    elif evidence.log is None:
        yield "whether Envoy refused an update and goes on with the module that it had: only its log tells."
    for refused in evidence.proxy.refused:
        listener = f"listener {refused.listener}" if refused.listener else "a listener"
        yield f"any later change of {listener}: Envoy refuses it since {refused.since or 'a while'} ({refused.why})."
    given = [filter_.updated for filter_ in evidence.proxy.filters.values() if filter_.updated]
    if evidence.log is not None and given and evidence.log.crashed_since(min(given)):
        yield (
            f"which plugin trapped at {evidence.log.crashed} (the log does not name it): until it is changed, every request "
            "gets 503 (a NETWORK plugin closes every connection), or with FAIL_OPEN passes without it; only FAIL_RELOAD "
            "heals by itself."
        )
    hidden = [plugin.key for plugin in planned if any(mark in str(plugin.spec) for mark in MARKS)]
    if hidden:
        yield f"values that the plan does not show (secret, or known at up), so they are not compared: {', '.join(hidden)}."
