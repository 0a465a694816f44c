"""Asking the proxies that a plan touches: their pods are found in the cluster, and asked side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mesh_wasm.surroundings.leaves import maps
from mesh_wasm.verify.istiod import SYNCZ, ProxySync, parse_syncz
from mesh_wasm.verify.judge import Evidence
from mesh_wasm.verify.planned import Planned
from mesh_wasm.verify.pods import GATEWAY_CLASS, PROXY_CONTAINER, Pod, homes, sampled, touched
from mesh_wasm.verify.read import CONFIG_DUMP, STATISTICS, EvidenceError, evidence_of
from mesh_wasm.verify.survey import LeftOut, Sighting, Unasked

from .client import LiveError, Refused, Session, Unreachable

AT_ONCE = 16
"""Pods that are asked at the same time: each costs the API server and a kubelet a connection."""
ADMIN_PORT, DEBUG_PORT = 15000, 15014
LOG_LIMIT = 16 * 2**20
"""Bytes that are read of one log."""
_RIGHTS = "docs/rights/verify.yaml has the rights that this takes."

Progress = Callable[[int, int], None]
"""Told how many pods of how many have been asked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which pods of a cluster are asked, and for what."""

    cluster: str
    """Its name in the plan."""
    planned: Sequence[Planned]
    """The plan's plugins, of whatever cluster."""
    root_namespace: str = "istio-system"
    sample: int | None = None
    """Pods of each workload; None: all."""
    logs: bool = False
    """Whether the logs of the proxies are read, too."""


async def see(session: Session, asking: Asking, told: Progress = lambda done, of: None) -> Sighting:
    """Ask the proxies of one cluster. Raises ``LiveError`` where its pods cannot be listed."""
    planned = [one for one in asking.planned if one.cluster == asking.cluster]
    pods, unasked = await _pods(session, asking, planned)
    mine = touched(pods, planned, asking.root_namespace)
    why: dict[tuple[str, bool], list[str]] = {}
    for pod in mine:
        if pod.over or pod.early:
            why.setdefault((pod.over or pod.early, bool(pod.over)), []).append(pod.place)
    chosen, left = sampled([pod for pod in mine if not pod.over and not pod.early], asking.sample)
    gate, done, found = asyncio.Semaphore(AT_ONCE), 0, list[tuple[str, Evidence]]()
    told(0, len(chosen))

    async def ask(pod: Pod) -> None:
        nonlocal done
        async with gate:
            try:
                found.append((pod.place, await _evidence(session, pod, asking)))
            except Unreachable as error:
                says = f"{error} {_missing(pod.namespace)}" if error.forbidden else str(error)
                why.setdefault((says, error.gone), []).append(pod.place)
            except EvidenceError as error:
                why.setdefault((str(error).removeprefix(f"{pod.place}: "), False), []).append(pod.place)
        done += 1
        told(done, len(chosen))

    await asyncio.gather(*map(ask, chosen))
    unasked += [Unasked(asking.cluster, tuple(sorted(names)), says, ok) for (says, ok), names in sorted(why.items())]
    if not mine:
        unasked.append(Unasked(asking.cluster, (), "no pod there is touched by the plan.", False))
    samples = [LeftOut(asking.cluster, *place, *numbers) for place, numbers in left.items()]
    return Sighting(asking.cluster, sorted(found, key=lambda one: one[0]), unasked, samples)


async def _pods(session: Session, asking: Asking, planned: Sequence[Planned]) -> tuple[list[Pod], list[Unasked]]:
    """The pods of the namespaces of a plan, and waypoints of all where they may serve what it is aimed at."""
    where = homes(planned, asking.root_namespace)
    places = [""] if where.namespaces is None else [f"/namespaces/{name}" for name in where.namespaces]
    found: dict[str, Pod] = {}
    unasked = []
    for place in places:
        try:
            found |= await _list(session, place)
        except Refused as error:
            name = place.rpartition("/")[2]
            says = f"the pods {f'of namespace {name}' if name else 'of the cluster'} cannot be listed: {_told(error)}"
            if len(places) == 1:
                raise LiveError(f"context {session.context}: {says}") from None
            unasked.append(Unasked(asking.cluster, (), says, False))
    if where.waypoints and where.namespaces is not None:
        try:
            found |= await _list(session, "", labelSelector=f"{GATEWAY_CLASS}=istio-waypoint")
        except Refused as error:
            says = f"waypoints of other namespaces cannot be listed: {_told(error)}"
            unasked.append(Unasked(asking.cluster, (), says, True))
    if unasked and not found and all(not one.ok for one in unasked):
        raise LiveError(f"context {session.context}: {unasked[0].why}")
    return list(found.values()), unasked


async def _list(session: Session, place: str, **query: str) -> dict[str, Pod]:
    found = {}
    async for page in session.items(f"/api/v1{place}/pods", **query):
        for pod in map(Pod.read, maps(page.get("items"))):
            found[pod.place] = pod
    return found


async def _evidence(session: Session, pod: Pod, asking: Asking) -> Evidence:
    """What one proxy shows. Raises :class:`Unreachable`, and ``EvidenceError`` where it is no proxy of Istio."""
    from .forwarding import fetch

    paths = (CONFIG_DUMP, STATISTICS)
    (status, dump), *more = await fetch(session, pod.namespace, pod.name, ADMIN_PORT, paths)
    if status != 200:
        raise Unreachable(f"what answers on port {ADMIN_PORT} says {status} to {CONFIG_DUMP}; it is no Envoy of Istio.")
    log = await _log(session, pod) if asking.logs else None
    statistics = next((text for known, text in more if known == 200), None)
    return evidence_of(pod.place, dump, statistics, log)


async def _log(session: Session, pod: Pod) -> str:
    place = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
    try:
        return await session.text(place, container=PROXY_CONTAINER, limitBytes=str(LOG_LIMIT))
    except Refused as error:
        if error.status == 403:
            says = (
                f"its log may not be read: the right to get pods/log in namespace {pod.namespace} is missing. {_RIGHTS}"
            )
        else:
            says = f"its log cannot be read: {error}"
        raise Unreachable(says) from None


async def ask_istiods(session: Session, root_namespace: str) -> list[ProxySync]:
    """What all istiods of a cluster know of its proxies. Each knows those that are connected to it, so all are asked.

    Raises ``LiveError`` where one cannot be asked: what it knows, nobody else does.
    """
    selector = {"labelSelector": "app=istiod"}
    try:
        found = await _list(session, "", **selector)
    except Refused:
        try:
            found = await _list(session, f"/namespaces/{root_namespace}", **selector)
        except Refused as error:
            raise LiveError(f"context {session.context}: istiod's pods cannot be listed: {_told(error)}") from None
    pods = [pod for pod in found.values() if pod.phase == "Running" and not pod.is_ending]
    if not pods:
        raise LiveError(f"context {session.context}: there is no running pod with the label app=istiod.")
    answers = await asyncio.gather(*(_syncz(session, pod) for pod in sorted(pods, key=lambda pod: pod.place)))
    return sorted((one for answer in answers for one in answer), key=lambda one: (one.namespace, one.pod))


async def _syncz(session: Session, pod: Pod) -> list[ProxySync]:
    from .forwarding import fetch

    try:
        ((_, text),) = await fetch(session, pod.namespace, pod.name, DEBUG_PORT, (SYNCZ,))
        return parse_syncz(pod.place, text)
    except Unreachable as error:
        says = f"{error} {_missing(pod.namespace)}" if error.forbidden else str(error)
        raise LiveError(f"context {session.context}: istiod {pod.place}: {says}") from None
    except EvidenceError as error:
        raise LiveError(f"context {session.context}: istiod {error}") from None


def _told(error: Refused) -> str:
    return f"the right to list pods is missing. {_RIGHTS}" if error.status == 403 else str(error)


def _missing(namespace: str) -> str:
    return f"The right to create and get pods/portforward in namespace {namespace} is missing. {_RIGHTS}"
