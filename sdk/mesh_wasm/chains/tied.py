"""Plugins that tie, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.fleet.istio_version import TRAFFIC_EXTENSION_SINCE, has, turned_round

from .member import Member

_NAMED = 30
"""Plugins of a group that are named."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Plugins of equal priority, each of which can meet another one of them on some workload."""

    pairs: tuple[tuple[Member, Member], ...]
    """Who meets whom, the later one first; of a large group only so many as hold it together."""

    @property
    def members(self) -> list[Member]:
        """The plugins, the latest first; one for each cluster that it is in."""
        return list({id(member): member for pair in reversed(self.pairs) for member in pair}.values())

    @property
    def findings(self) -> list[Finding]:
        """What is to be said of them."""
        return list(_findings(self.pairs))


def place_of(member: Member) -> str:
    """``namespace/name``; the name alone where the manifest names no namespace."""
    return f"{member.namespace}/{member.name}" if member.namespace else member.name


def called(member: Member) -> str:
    """What a user calls the plugin: whatever declares it, and the extension."""
    return f"{member.declared_by} ({member.label})" if member.declared_by else place_of(member)


def _findings(pairs: tuple[tuple[Member, Member], ...]) -> Iterator[Finding]:
    member, rival = pairs[0]
    same_namespace = member.namespace == rival.namespace
    clusters = sorted({pair[0].cluster for pair in pairs})
    # A manifest that is linted without an inventory belongs to a cluster without a name.
    where = f"in cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else ""
    number = "no priority" if member.priority is None else f"priority {member.priority}"
    plugins = [one for pair in _latest_first(pairs) for one in pair]
    names = list(dict.fromkeys(map(called, plugins)))
    told_already = list(dict.fromkeys(map(place_of, plugins))) == names and _is_one_kind(pairs)
    objects = "" if told_already else _objects(plugins)
    more = ", ".join(part for part in (objects, where) if part)
    many = len(names) > _PAIR
    meet = "each of them can meet another one" if many else "can meet"
    told = f"{_all(names)} {'all' if many else 'both'} have {number} in phase {member.phase} and {meet} on one workload"
    if same_namespace:
        how = "Istio runs them by time of creation"
    elif many:
        how = "Istio runs those of the workload's own namespace first; by TSB's rule, FQNs decide"
    else:
        first = rival if member.from_root else member
        how = f"Istio runs {called(first)} first, as its namespace is the workload's own; by TSB's rule, FQNs decide"
    yield order.CROSS_TIE.at(
        says=f"{told}{f' ({more})' if more else ''}; {how}.",
        fix=_FIX_MANY if many else None,
        cluster=clusters[0] or None if len(clusters) == 1 else None,
    )
    if same_namespace and (turned := [pair for pair in pairs if _turned_round(*pair)]):
        yield _upgrade_tie(*turned[0], sorted({pair[0].cluster for pair in turned}))


_PAIR = 2
_FIX_MANY = "Give them different priorities."


def _latest_first(pairs: tuple[tuple[Member, Member], ...]) -> Iterator[tuple[Member, Member]]:
    return reversed(pairs) if len(pairs) > 1 and len({called(pair[0]) for pair in pairs}) > 1 else iter(pairs)


def _all(names: list[str]) -> str:
    """All names of a sentence, up to thirty."""
    if len(names) > _NAMED:
        return listed(names, _NAMED)
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _turned_round(member: Member, rival: Member) -> bool:
    """Whether the upgrade of the cluster's Istio to 1.30 changes the order, if both were created in one second."""
    newer = has(TRAFFIC_EXTENSION_SINCE, member.istio)
    return not newer and member.named and rival.named and turned_round(member.name, rival.name)


def _upgrade_tie(member: Member, rival: Member, clusters: list[str]) -> Finding:
    one, other = sorted((member, rival), key=lambda plugin: plugin.name)
    first, second = one.name, other.name
    where = f"cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else "the cluster"
    return order.UPGRADE_TIE.at(
        says=(
            f"WasmPlugins {place_of(one)} and {place_of(other)} tie in phase {member.phase}. If they "
            f"were created in the same second, {first} runs first on the Istio of {where}, and {second} from 1.30 on."
        ),
        cluster=clusters[0] or None if len(clusters) == 1 else None,
    )


def _objects(members: Iterable[Member]) -> str:
    """The objects in words, by kind: ``WasmPlugins a/b and a/c``, ``WasmPlugin a/b and TrafficExtension a/c``."""
    by_kind: dict[str, dict[str, None]] = {}
    for member in members:
        by_kind.setdefault(str(member.kind), {})[place_of(member)] = None
    parts = [f"{kind}{'s' * (len(places) > 1)} {_all(list(places))}" for kind, places in by_kind.items()]
    return " and ".join(parts)


def _is_one_kind(pairs: tuple[tuple[Member, Member], ...]) -> bool:
    return len({member.kind for pair in pairs for member in pair}) == 1
