"""A look at some proxies: what is to be said of each, and what none of them shows."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
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
class Survey:
    """All proxies that were looked at."""

    proxies: Sequence[Seen]
    unseen: Sequence[Planned]
    """Planned plugins that reach none of them."""

    @property
    def ok(self) -> bool:
        """Whether something was to be verified, and all of it is as planned."""
        verdicts = [verdict for seen in self.proxies for verdict in seen.verdicts]
        return bool(verdicts) and all(verdict.ok for verdict in verdicts)


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
    deadline = time.monotonic() + wait
    while True:
        found = _look(planned, clusters, places, root_namespace)
        if found.ok or time.monotonic() + PAUSE > deadline:
            return found
        time.sleep(PAUSE)


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
) -> tuple[Survey, list[Synced]]:
    """Look at proxies, and ask istiods, again for up to ``wait`` seconds while something is not well.

    Raises :class:`EvidenceError`.
    """
    deadline = time.monotonic() + wait
    while True:
        found = _look(planned, clusters, places, root_namespace)
        synced = [_synced(where, planned, clusters, root_namespace) for where in istiods]
        if ((found.ok or not places) and all(one.ok for one in synced)) or time.monotonic() + PAUSE > deadline:
            return found, synced
        time.sleep(PAUSE)


def _synced(where: Where, planned: Sequence[Planned], clusters: Collection[str], root: str) -> Synced:
    cluster = _cluster(where, clusters, "--istiod")
    proxies = read_istiod(where)
    touched = list(concerned(proxies, [one for one in planned if one.cluster == cluster], root))
    return Synced(cluster, touched, len(proxies) - len(touched))


def _look(planned: Sequence[Planned], clusters: Collection[str], places: Sequence[Where], root: str) -> Survey:
    problems: list[str] = []
    proxies = []
    for where in places:
        try:
            cluster = _cluster(where, clusters)
            proxies.append(_seen(where, cluster, [one for one in planned if one.cluster == cluster], root))
        except EvidenceError as error:
            problems.append(str(error))
    if problems:
        raise EvidenceError("\n".join(problems))
    seen = {(one.cluster, verdict.plugin.key) for one in proxies for verdict in one.verdicts}
    return Survey(proxies, [one for one in planned if (one.cluster, one.key) not in seen])


def _seen(where: Where, cluster: str, planned: Sequence[Planned], root: str) -> Seen:
    evidence = where.read()
    verdicts = judge(planned, evidence, root)
    spots = list(blind_spots([verdict.plugin for verdict in verdicts], evidence))
    return Seen(where.dump, cluster, evidence, verdicts, unplanned(planned, evidence.proxy), spots)


def _cluster(where: Where, clusters: Collection[str], option: str = "--proxy") -> str:
    if where.cluster is None and len(clusters) == 1:
        return next(iter(clusters))
    known = ", ".join(clusters)
    if where.cluster is None:
        raise EvidenceError(f"{option} {where.dump}: say which cluster it is in: {known}.")
    if where.cluster not in clusters:
        raise EvidenceError(f"{option} {where.cluster}={where.dump}: the plan has no such cluster; it has {known}.")
    return where.cluster
