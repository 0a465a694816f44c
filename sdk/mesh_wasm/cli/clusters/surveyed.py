"""What proxies run, for people and for machines."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from mesh_wasm.cli.console import console
from mesh_wasm.findings.finding import counted
from mesh_wasm.verify.judge import Status, Verdict
from mesh_wasm.verify.survey import Seen, Survey, Unasked

_STYLES = {Status.LOADED: "green", Status.PENDING: "yellow"}
_MOST = 20
"""Proxies that are drawn; of a thousand that lack the same, the first ones tell enough."""
_NAMED = 3
"""Pods that are named where several share a reason."""


def print_survey(found: Survey) -> None:
    """A tree for each proxy; of many, only those that are not as planned. Then who was not asked, and the sum."""
    drawn = found.proxies
    if many := len(drawn) > _MOST:
        wrong = [seen for seen in drawn if not all(verdict.ok for verdict in seen.verdicts)]
        drawn = wrong[:_MOST]
    for seen in drawn:
        _draw(seen)
        for spot in () if many else seen.blind_spots:
            click.echo(f"not seen: {spot}")
    if many and len(wrong) > _MOST:
        click.echo(f"and {len(wrong) - _MOST} more that are not as planned; --format json has all.")
    for spot in dict.fromkeys(spot for seen in found.proxies for spot in seen.blind_spots) if many else ():
        click.echo(f"not seen: {spot}")
    for plugin in found.unseen:
        click.echo(
            f"not seen: {plugin.cluster}: {plugin.kind} {plugin.namespace}/{plugin.name} reaches none of these proxies."
        )
    for one in found.unasked:
        click.echo(f"{'left out' if one.ok else 'not asked'}: cluster {one.cluster}: {_named(one)}{one.why}")
    for left in found.left_out:
        place = f"{left.workload} in namespace {left.namespace}"
        click.echo(
            f"left out: cluster {left.cluster}: {place}: a sample of {left.asked} of its {left.number} pods was asked."
        )
    click.echo(_tally(found))


def _draw(seen: Seen) -> None:
    proxy = seen.evidence.proxy
    tree = Tree(Text(f"cluster {seen.cluster}, {proxy.role} {proxy.pod}", style="bold cyan"))
    if proxy.is_waypoint:
        tree.add(Text(f"serves {', '.join(proxy.services) or 'nothing'}", style="dim"))
    for verdict in seen.verdicts:
        branch = tree.add(_line(verdict))
        for sentence in filter(None, (verdict.reason, verdict.fix)):
            branch.add(Text(sentence))
    for key in seen.unplanned:
        tree.add(Text(f"{key}: runs here, and is not in the plan", style="yellow"))
    if not seen.verdicts:
        tree.add(Text("no planned plugin reaches this proxy", style="yellow"))
    console().print(tree)


def _named(one: Unasked) -> str:
    more = len(one.pods) - _NAMED
    named = ", ".join(one.pods[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{named}: " if named else ""


def _line(verdict: Verdict) -> Text:
    text = Text(f"{verdict.plugin.key}  ")
    text.append(str(verdict.status), style=_STYLES.get(verdict.status, "bold red"))
    return text


def _tally(found: Survey) -> str:
    statuses = [verdict.status for seen in found.proxies for verdict in seen.verdicts]
    counts = [f"{statuses.count(status)} {status}" for status in Status if status in statuses]
    proxies = f"{len(found.proxies)} prox{'y' if len(found.proxies) == 1 else 'ies'}"
    lacking = sum(len(one.pods) for one in found.unasked if not one.ok)
    without = f"; {counted(lacking, 'pod')} could not be asked" if lacking else ""
    return f"{proxies}: {', '.join(counts) or 'nothing to verify'}{without}"


def survey_document(ok: bool, found: Survey) -> dict[str, Any]:
    """``{"ok", "proxies", "unseen", "notAsked", "leftOut"}``, as docs/verify.md has it."""
    return {
        "ok": ok,
        "proxies": [_proxy_document(seen) for seen in found.proxies],
        "unseen": [
            {"cluster": one.cluster, "kind": one.kind, "namespace": one.namespace, "name": one.name}
            for one in found.unseen
        ],
        "notAsked": [
            {"cluster": one.cluster, "pods": list(one.pods), "ok": one.ok, "message": one.why} for one in found.unasked
        ],
        "leftOut": [
            {
                "cluster": one.cluster,
                "namespace": one.namespace,
                "workload": one.workload,
                "asked": one.asked,
                "pods": one.number,
            }
            for one in found.left_out
        ],
    }


def _proxy_document(seen: Seen) -> dict[str, Any]:
    proxy = seen.evidence.proxy
    return {
        "source": seen.source,
        "cluster": seen.cluster,
        "role": proxy.role,
        "pod": proxy.pod,
        "istioVersion": proxy.istio_version,
        **({"serves": list(proxy.services)} if proxy.is_waypoint else {}),
        "plugins": [_verdict_document(verdict) for verdict in seen.verdicts],
        "unplanned": list(seen.unplanned),
        "notSeen": list(seen.blind_spots),
    }


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.plugin.kind,
        "namespace": verdict.plugin.namespace,
        "name": verdict.plugin.name,
        "status": str(verdict.status),
        "ok": verdict.ok,
        "reason": verdict.reason,
        "fix": verdict.fix,
        "listeners": list(verdict.listeners),
    }
