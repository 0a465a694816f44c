"""A look at some proxies: what is to be said of each, and what none of them shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from .istiod import ProxySync, concerned, read_istiod
from .judge import Evidence, Verdict, blind_spots, judge, unplanned
from .planned import Planned
from .read import EvidenceError, Where

PAUSE = 1.0
"""Seconds between two looks while waiting."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One proxy, and what is to be said of it."""

    source: str
    """Where its configuration was read."""
    cluster: str
    evidence: Evidence
    verdicts: Sequence[Verdict]
    unplanned: Sequence[str]
    """Plugins that it runs and the plan does not know, as ``namespace/name``."""
    blind_spots: Sequence[str]
    """What could not be seen of it."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """Pods that the plan touches and that were not asked, all for the same reason."""

    cluster: str
    pods: tuple[str, ...]
    """``namespace/name``, sorted; empty where the reason concerns more than pods that are known."""
    why: str
    """A sentence to stand behind their names and a colon."""
    ok: bool
    """Whether nothing is to be expected of them, such as of pods that have ended."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A workload of which a sample was asked."""

    cluster: str
    namespace: str
    workload: str
    """Kind and name of the controller."""
    asked: int
    number: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was found in one cluster by asking its pods."""

    cluster: str
    proxies: Sequence[tuple[str, Evidence]]
    """Each with the name of its pod, ``namespace/name``."""
    unasked: Sequence[Unasked] = ()
    left_out: Sequence[LeftOut] = ()


Sight = Callable[[], Sighting]
"""Asks the pods of one cluster, anew each time. Raises :class:`EvidenceError` where the cluster cannot be asked."""
SyncSight = Callable[[], tuple[str, Sequence[ProxySync]]]
"""Asks all istiods of a cluster: its name, and the proxies that they know. Raises :class:`EvidenceError`."""


@dataclass(frozen=True, slots=True)
class Survey:
    """All proxies that were looked at."""

    proxies: Sequence[Seen]
    unseen: Sequence[Planned]
    """Planned plugins that reach none of them."""
    unasked: Sequence[Unasked] = ()
    left_out: Sequence[LeftOut] = ()

    @property
    def ok(self) -> bool:
        """Whether something was to be verified, and all of it is as planned."""
        verdicts = [verdict for seen in self.proxies for verdict in seen.verdicts]
        return bool(verdicts) and all(verdict.ok for verdict in verdicts) and all(one.ok for one in self.unasked)


def survey(
    planned: Sequence[Planned],
    clusters: Collection[str],
    places: Sequence[Where],
    root_namespace: str = "istio-system",
    wait: float = 0,
) -> Survey:
    """Look at all proxies, and again for up to ``wait`` seconds while something is not as planned.

    Raises :class:`EvidenceError` with a sentence for each proxy that cannot be read.
    """
    return look(planned, clusters, places, (), root_namespace, wait)[0]


@dataclass(frozen=True, slots=True)
class Synced:
    """What one istiod says of the proxies that the plan may touch."""

    cluster: str
    proxies: Sequence[ProxySync]
    others: int
    """Proxies that it serves besides."""

    @property
    def ok(self) -> bool:
        """Whether there is a proxy, and each has taken what it was sent."""
        return bool(self.proxies) and all(one.ok for one in self.proxies)


def look(
    planned: Sequence[Planned],
    clusters: Collection[str],
    places: Sequence[Where],
    istiods: Sequence[Where],
    root_namespace: str = "istio-system",
    wait: float = 0,
    sights: Sequence[Sight] = (),
    sync_sights: Sequence[SyncSight] = (),
) -> tuple[Survey, list[Synced]]:
    """Look at proxies, and ask istiods, again for up to ``wait`` seconds while something is not well.

    Raises :class:`EvidenceError` where the first look cannot be had, or the last; one in between may fail.
    """
    deadline = time.monotonic() + wait
    first = True
    while True:
        over = time.monotonic() + PAUSE > deadline
        try:
            found = _look(planned, clusters, places, root_namespace, sights)
            synced = [_synced(where, planned, clusters, root_namespace) for where in istiods]
            synced += [_of_cluster(*sight(), planned, root_namespace) for sight in sync_sights]
        except EvidenceError:
            if first or over:
                raise
        else:
            proxies_ok = found.ok or not (places or sights)
            if (proxies_ok and all(one.ok for one in synced)) or over:
                return found, synced
        first = False
        time.sleep(PAUSE)


def _synced(where: Where, planned: Sequence[Planned], clusters: Collection[str], root: str) -> Synced:
    cluster = _cluster(where, clusters, "--istiod")
    return _of_cluster(cluster, read_istiod(where), planned, root)


def _of_cluster(cluster: str, proxies: Sequence[ProxySync], planned: Sequence[Planned], root: str) -> Synced:
    touched = list(concerned(proxies, [one for one in planned if one.cluster == cluster], root))
    return Synced(cluster, touched, len(proxies) - len(touched))


def _look(
    planned: Sequence[Planned], clusters: Collection[str], places: Sequence[Where], root: str, sights: Sequence[Sight]
) -> Survey:
    problems: list[str] = []
    proxies = []
    for where in places:
        try:
            cluster = _cluster(where, clusters)
            proxies.append(_seen(where.dump, where.read(), cluster, planned, root))
        except EvidenceError as error:
            problems.append(str(error))
    sighted: list[Sighting] = []
    for sight in sights:
        try:
            sighted.append(sight())
        except EvidenceError as error:
            problems.append(str(error))
    if problems:
        raise EvidenceError("\n".join(problems))
    for one in sighted:
        found = (_seen(pod, evidence, one.cluster, planned, root) for pod, evidence in one.proxies)
        # Of a waypoint only its dump tells whom it serves: one that serves nothing of the plan is not touched.
        proxies += [seen for seen in found if seen.verdicts or not seen.evidence.proxy.is_waypoint]
    seen = {(one.cluster, verdict.plugin.key) for one in proxies for verdict in one.verdicts}
    return Survey(
        proxies,
        [one for one in planned if (one.cluster, one.key) not in seen],
        [one for sighting in sighted for one in sighting.unasked],
        [one for sighting in sighted for one in sighting.left_out],
    )


def _seen(source: str, evidence: Evidence, cluster: str, planned: Sequence[Planned], root: str) -> Seen:
    here = [one for one in planned if one.cluster == cluster]
    verdicts = judge(here, evidence, root)
    spots = list(blind_spots([verdict.plugin for verdict in verdicts], evidence))
    return Seen(source, cluster, evidence, verdicts, unplanned(here, evidence.proxy), spots)


def _cluster(where: Where, clusters: Collection[str], option: str = "--proxy") -> str:
    if where.cluster is None and len(clusters) == 1:
        return next(iter(clusters))
    known = ", ".join(clusters)
    if where.cluster is None:
        raise EvidenceError(f"{option} {where.dump}: say which cluster it is in: {known}.")
    if where.cluster not in clusters:
        raise EvidenceError(f"{option} {where.cluster}={where.dump}: the plan has no such cluster; it has {known}.")
    return where.cluster
