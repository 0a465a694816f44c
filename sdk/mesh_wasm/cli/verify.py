"""``mesh-wasm verify``: whether proxies really run what the plan says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from mesh_wasm.sources.source import Options, Source, SourceError, load_source
from mesh_wasm.verify.judge import Status, Verdict
from mesh_wasm.verify.planned import planned_of
from mesh_wasm.verify.read import EvidenceError, Where
from mesh_wasm.verify.survey import Seen, Survey, look

from .clusters.synced import print_synced, synced_document
from .console import console
from .options.source import given_options, source_options

_STYLES = {Status.LOADED: "green", Status.PENDING: "yellow"}


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="[CLUSTER=]WHERE[,log=FILE]",
    help="A proxy: the URL of Envoy's admin endpoint, or a file with its /config_dump; with the log of its container, "
    "reasons are told. CLUSTER may be left out where the plan has one cluster. Repeat it for each proxy.",
)
@click.option(
    "--istiod",
    "istiods",
    multiple=True,
    metavar="[CLUSTER=]WHERE",
    help="Ask istiod for all proxies at once whether each has taken what it was sent: the URL of its debug page (port "
    "15014), or a file with its /debug/syncz. Can be repeated.",
)
@source_options
@click.option("--root-namespace", default="istio-system", show_default=True, help="Istio's root namespace.")
@click.option("--all", "everything", is_flag=True, help="Fail if a planned plugin reaches none of the proxies.")
@click.option(
    "--wait", default=0.0, metavar="SECONDS", help="Look again for so long while something is not as planned."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(
    plan: Path,
    proxies: tuple[str, ...],
    istiods: tuple[str, ...],
    stack: str,
    inventory: Path | None,
    root_namespace: str,
    everything: bool,
    wait: float,
    form: str,
) -> None:
    """Say of each plugin in PLAN whether the proxies run it: loaded, pending, failed, in the wrong order, or not there.

    PLAN is what `explain` takes: a Pulumi program's folder, TSB YAML with --inventory, a folder that `plan --out` wrote,
    or a file that `plan --format json` wrote. It only reads. To reach a proxy:

    \b
      kubectl -n edge port-forward deploy/shop-gateway 15000 &
      kubectl -n edge logs deploy/shop-gateway -c istio-proxy > proxy.log
      mesh-wasm verify . --proxy east=http://localhost:15000,log=proxy.log --wait 40

    For all proxies at once, whether each has taken what it was sent:

    \b
      kubectl -n istio-system port-forward deploy/istiod 15014 &
      mesh-wasm verify . --istiod east=http://localhost:15014 --wait 120

    Exit code 0: all is as planned; 1: something is not; 2: the plan or a proxy cannot be read.
    """
    source = _whole(plan, Options(stack, inventory, **given_options()))
    planned = list(planned_of(source.members))
    if not planned:
        raise click.UsageError(f"{plan} plans no WasmPlugin or TrafficExtension.")
    if not proxies and not istiods:
        raise click.UsageError("name whom to ask: --proxy for what a proxy runs, --istiod for all proxies at once.")
    try:
        found, synced = look(
            planned,
            source.clusters,
            list(map(Where.parse, proxies)),
            list(map(Where.parse, istiods)),
            root_namespace,
            wait,
        )
    except EvidenceError as error:
        raise click.UsageError(str(error)) from None
    ok = (found.ok or not proxies) and all(one.ok for one in synced) and not (everything and proxies and found.unseen)
    if form == "json":
        click.echo(json.dumps(_document(ok, found) | synced_document(synced), indent=2, sort_keys=True))
    else:
        if proxies:
            _print(found)
        print_synced(synced)
    sys.exit(0 if ok else 1)


def _whole(plan: Path, options: Options) -> Source:
    """The source; a program with errors is refused, for nothing of it comes to a cluster."""
    try:
        source = load_source(plan, options)
    except SourceError as error:
        raise click.UsageError(str(error)) from None
    stops = [] if source.applied else source.findings
    found = [f"{where}: {finding}" for where, finding in stops if finding.is_error]
    if found or source.problems:
        raise click.UsageError("\n".join([f"{plan} has errors, so it is no plan:", *found, *source.problems]))
    return source


def _print(found: Survey) -> None:
    for seen in found.proxies:
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
        for spot in seen.blind_spots:
            click.echo(f"not seen: {spot}")
    for plugin in found.unseen:
        click.echo(
            f"not seen: {plugin.cluster}: {plugin.kind} {plugin.namespace}/{plugin.name} reaches none of these proxies."
        )
    click.echo(_tally(found))


def _line(verdict: Verdict) -> Text:
    text = Text(f"{verdict.plugin.key}  ")
    text.append(str(verdict.status), style=_STYLES.get(verdict.status, "bold red"))
    return text


def _tally(found: Survey) -> str:
    statuses = [verdict.status for seen in found.proxies for verdict in seen.verdicts]
    counts = [f"{statuses.count(status)} {status}" for status in Status if status in statuses]
    proxies = f"{len(found.proxies)} prox{'y' if len(found.proxies) == 1 else 'ies'}"
    return f"{proxies}: {', '.join(counts) or 'nothing to verify'}"


def _document(ok: bool, found: Survey) -> dict[str, Any]:
    return {
        "ok": ok,
        "proxies": [_proxy_document(seen) for seen in found.proxies],
        "unseen": [
            {"cluster": one.cluster, "kind": one.kind, "namespace": one.namespace, "name": one.name}
            for one in found.unseen
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
