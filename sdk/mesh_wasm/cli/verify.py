"""``mesh-wasm verify``: whether proxies really run what the plan says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from mesh_wasm.verify.judge import Evidence, Status, Verdict, blind_spots, judge, unplanned
from mesh_wasm.verify.planned import Planned, planned_of
from mesh_wasm.verify.read import EvidenceError, Where

from .console import console
from .sources import Source, read_source

_STYLES = {Status.LOADED: "green", Status.PENDING: "yellow"}


@dataclass(frozen=True, slots=True)
class Checked:
    """One proxy, and what is to be said of it."""

    where: Where
    cluster: str
    evidence: Evidence
    verdicts: Sequence[Verdict]
    unplanned: Sequence[str]
    blind_spots: Sequence[str]


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    required=True,
    metavar="[CLUSTER=]WHERE[,log=FILE]",
    help="A proxy: the URL of Envoy's admin endpoint, or a file with its /config_dump; with the log of its container, "
    "reasons are told. CLUSTER may be left out where the plan has one cluster. Repeat it for each proxy.",
)
@click.option("--stack", default="dev", show_default=True, help="Stack of the program.")
@click.option("--root-namespace", default="istio-system", show_default=True, help="Istio's root namespace.")
@click.option("--all", "everything", is_flag=True, help="Fail if a planned plugin reaches none of the proxies.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(plan: Path, proxies: tuple[str, ...], stack: str, root_namespace: str, everything: bool, form: str) -> None:
    """Say of each plugin in PLAN whether the proxies run it: loaded, pending, failed, in the wrong order, or not there.

    PLAN is a Pulumi program's folder, a folder that `plan --out` wrote, or a file that `plan --format json` wrote. It only
    reads. To reach a proxy:

    \b
      kubectl -n edge port-forward deploy/shop-gateway 15000 &
      kubectl -n edge logs deploy/shop-gateway -c istio-proxy > proxy.log
      mesh-wasm verify . --proxy east=http://localhost:15000,log=proxy.log

    Exit code 0: all is as planned; 1: something is not; 2: the plan or a proxy cannot be read.
    """
    source = read_source(plan, stack)
    planned = [one for cluster, manifests in source.clusters.items() for one in planned_of(cluster, manifests)]
    if not planned:
        raise click.UsageError(f"{plan} plans no WasmPlugin.")
    checked = _check(planned, source, [Where.parse(text) for text in proxies], root_namespace)
    unseen = _unseen(planned, checked)
    failed = any(not verdict.ok for one in checked for verdict in one.verdicts)
    ok = not failed and any(one.verdicts for one in checked) and not (everything and unseen)
    if form == "json":
        click.echo(json.dumps(_document(ok, checked, unseen), indent=2, sort_keys=True))
    else:
        _print(checked, unseen)
    sys.exit(0 if ok else 1)


def _check(planned: Sequence[Planned], source: Source, places: Sequence[Where], root: str) -> list[Checked]:
    problems: list[str] = []
    checked = []
    for where in places:
        try:
            cluster = _cluster(where, source)
            evidence = where.read()
        except EvidenceError as error:
            problems.append(str(error))
            continue
        mine = [plugin for plugin in planned if plugin.cluster == cluster]
        verdicts = judge(mine, evidence, root)
        spots = list(blind_spots([verdict.plugin for verdict in verdicts], evidence))
        checked.append(Checked(where, cluster, evidence, verdicts, unplanned(mine, evidence.proxy), spots))
    if problems:
        raise click.UsageError("\n".join(problems))
    return checked


def _cluster(where: Where, source: Source) -> str:
    if where.cluster is None and len(source.clusters) == 1:
        return next(iter(source.clusters))
    if where.cluster is None:
        raise EvidenceError(f"--proxy {where.dump}: say which cluster it is in: {', '.join(source.clusters)}.")
    if where.cluster not in source.clusters:
        known = ", ".join(source.clusters)
        raise EvidenceError(f"--proxy {where.cluster}={where.dump}: the plan has no such cluster; it has {known}.")
    return where.cluster


def _unseen(planned: Sequence[Planned], checked: Sequence[Checked]) -> list[Planned]:
    seen = {(one.cluster, verdict.plugin.key) for one in checked for verdict in one.verdicts}
    return [plugin for plugin in planned if (plugin.cluster, plugin.key) not in seen]


def _print(checked: Sequence[Checked], unseen: Sequence[Planned]) -> None:
    for one in checked:
        proxy = one.evidence.proxy
        role = "sidecar" if proxy.is_sidecar else "gateway"
        tree = Tree(Text(f"cluster {one.cluster}, {role} {proxy.pod}", style="bold cyan"))
        for verdict in one.verdicts:
            tree.add(_line(verdict))
        for key in one.unplanned:
            tree.add(Text(f"{key}: runs here, and is not in the plan", style="yellow"))
        if not one.verdicts:
            tree.add(Text("no planned plugin reaches this proxy", style="yellow"))
        console().print(tree)
        for sentence in one.blind_spots:
            click.echo(f"not seen: {sentence}")
    for plugin in unseen:
        click.echo(f"not seen: {plugin.cluster}: WasmPlugin {plugin.key} reaches none of these proxies.")
    click.echo(_tally(checked))


def _line(verdict: Verdict) -> Text:
    text = Text(f"{verdict.plugin.key}  ")
    text.append(str(verdict.status), style=_STYLES.get(verdict.status, "bold red"))
    if verdict.reason:
        text.append(f": {verdict.reason} {verdict.fix}")
    return text


def _tally(checked: Sequence[Checked]) -> str:
    statuses = [verdict.status for one in checked for verdict in one.verdicts]
    counts = [f"{statuses.count(status)} {status}" for status in Status if status in statuses]
    proxies = f"{len(checked)} prox{'y' if len(checked) == 1 else 'ies'}"
    return f"{proxies}: {', '.join(counts) or 'nothing to verify'}"


def _document(ok: bool, checked: Sequence[Checked], unseen: Sequence[Planned]) -> dict[str, Any]:
    return {
        "ok": ok,
        "proxies": list(map(_proxy_document, checked)),
        "unseen": [{"cluster": one.cluster, "namespace": one.namespace, "name": one.name} for one in unseen],
    }


def _proxy_document(one: Checked) -> Mapping[str, Any]:
    proxy = one.evidence.proxy
    return {
        "source": one.where.dump,
        "cluster": one.cluster,
        "pod": proxy.pod,
        "istioVersion": proxy.istio_version,
        "plugins": list(_verdict_documents(one.verdicts)),
        "unplanned": list(one.unplanned),
        "notSeen": list(one.blind_spots),
    }


def _verdict_documents(verdicts: Sequence[Verdict]) -> Iterator[Mapping[str, Any]]:
    for verdict in verdicts:
        yield {
            "namespace": verdict.plugin.namespace,
            "name": verdict.plugin.name,
            "status": str(verdict.status),
            "ok": verdict.ok,
            "reason": verdict.reason,
            "fix": verdict.fix,
            "listeners": list(verdict.listeners),
        }
