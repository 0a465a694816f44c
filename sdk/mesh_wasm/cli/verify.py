"""``mesh-wasm verify``: whether proxies really run what the plan says."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from mesh_wasm.live.proxies import Asking
from mesh_wasm.sources.source import Options
from mesh_wasm.verify.planned import planned_of
from mesh_wasm.verify.read import EvidenceError, Where
from mesh_wasm.verify.survey import look

from .clusters.contexts import named
from .clusters.options import kubeconfig_options
from .clusters.pods import sight, sync_sight
from .clusters.surveyed import print_survey, survey_document
from .clusters.synced import print_synced, synced_document
from .options.source import given_options, source_options, whole_source

_OF_CONTEXT = "context"
"""Of --istiod: its pods are found in the cluster of --context."""


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="[CLUSTER=]CONTEXT",
    help="Find the proxies that the plan touches in this cluster, and ask each through its API server. CLUSTER may be "
    "left out where the context is called so, or the plan has one. Can be repeated.",
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="With --context: ask N pods of each workload, not all."
)
@click.option("--logs", is_flag=True, help="With --context: read the logs of the proxies, too; they have the reasons.")
@kubeconfig_options
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
    help="Ask istiod for all proxies at once whether each has taken what it was sent: `context` for its pods in the "
    "cluster of --context, the URL of its debug page (port 15014), or a file with its /debug/syncz. Can be repeated.",
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
    contexts: tuple[str, ...],
    sample: int | None,
    logs: bool,
    kubeconfig: Path | None,
    timeout: float,
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
    or a file that `plan --format json` wrote. It only reads. The proxies of a cluster, found and asked by themselves:

    \b
      mesh-wasm verify . --context east --wait 120

    A proxy that is reached by hand, and a file:

    \b
      kubectl -n edge port-forward deploy/shop-gateway 15000 &
      kubectl -n edge logs deploy/shop-gateway -c istio-proxy > proxy.log
      mesh-wasm verify . --proxy east=http://localhost:15000,log=proxy.log --wait 40

    For all proxies at once, whether each has taken what it was sent:

    \b
      mesh-wasm verify . --context east --sample 2 --istiod context --wait 120

    Exit code 0: all is as planned; 1: something is not, or a pod cannot be asked; 2: the plan, a cluster or a --proxy
    cannot be read.
    """
    source = whole_source(plan, Options(stack, inventory, **given_options()))
    planned = list(planned_of(source.members))
    if not planned:
        raise click.UsageError(f"{plan} plans no WasmPlugin or TrafficExtension.")
    if not contexts and not proxies and not istiods:
        raise click.UsageError(
            "name whom to ask: --context for the proxies of a cluster, --proxy for one, --istiod for all at once."
        )
    if not contexts and (sample or logs):
        raise click.UsageError(f"{'--sample' if sample else '--logs'} is for the proxies that --context finds.")
    asked = dict(named(text, source) for text in contexts)
    sights = [
        sight(Asking(cluster, planned, root_namespace, sample, logs), context, kubeconfig, timeout)
        for cluster, context in asked.items()
    ]
    places = list(map(Where.parse, istiods))
    try:
        found, synced = look(
            planned,
            source.clusters,
            list(map(Where.parse, proxies)),
            [where for where in places if where.dump != _OF_CONTEXT],
            root_namespace,
            wait,
            sights,
            [
                sync_sight(cluster, asked[cluster], kubeconfig, timeout, root_namespace)
                for where in places
                if where.dump == _OF_CONTEXT
                for cluster in _meant(where, asked)
            ],
        )
    except EvidenceError as error:
        raise click.UsageError(str(error)) from None
    looked = bool(proxies or contexts)
    ok = (found.ok or not looked) and all(one.ok for one in synced) and not (everything and looked and found.unseen)
    if form == "json":
        click.echo(json.dumps(survey_document(ok, found) | synced_document(synced), indent=2, sort_keys=True))
    else:
        if looked:
            print_survey(found)
        print_synced(synced)
    sys.exit(0 if ok else 1)


def _meant(where: Where, asked: Mapping[str, str]) -> list[str]:
    """The clusters whose istiods are meant: the one that is named, else all that --context names."""
    if where.cluster is None and asked:
        return list(asked)
    if where.cluster is None or where.cluster not in asked:
        named_as = f"{where.cluster}={where.dump}" if where.cluster else where.dump
        raise click.UsageError(f"--istiod {named_as}: name the context of this cluster with --context.")
    return [where.cluster]
