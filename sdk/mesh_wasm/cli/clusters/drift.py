"""``mesh-wasm drift``: what clusters hold, against what the plan says."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mesh_wasm.cli.options.source import given_options, source_options, whole_source
from mesh_wasm.drift import Drift, drift_of
from mesh_wasm.drift.render import as_json, as_markdown, as_text
from mesh_wasm.live.client import LiveError, run
from mesh_wasm.live.reading import take_snapshot
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.snapshot.file import read_snapshot
from mesh_wasm.sources.source import Options, Source
from mesh_wasm.yaml.file import Unreadable

from .contexts import cluster_of, named
from .options import kubeconfig_options
from .progress import reading

_FORMS = {"text": as_text, "json": as_json, "markdown": as_markdown}


@click.command("drift")
@click.argument("plan", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="[CLUSTER=]CONTEXT",
    help="Read this cluster now. CLUSTER may be left out where the context is called so, or the plan has one.",
)
@click.option(
    "--snapshot",
    "snapshots",
    multiple=True,
    metavar="[CLUSTER=]FILE",
    help="Compare with this snapshot instead. Can be repeated.",
)
@kubeconfig_options
@source_options
@click.option("--format", "form", type=click.Choice(sorted(_FORMS)), default="text", show_default=True)
def drift_command(
    plan: Path,
    contexts: tuple[str, ...],
    snapshots: tuple[str, ...],
    kubeconfig: Path | None,
    timeout: float,
    stack: str,
    inventory: Path | None,
    form: str,
) -> None:
    """Say what in clusters is not as in PLAN: missing, changed and by whom, foreign plugins, and pull secrets.

    PLAN is what `explain` takes. With neither --context nor --snapshot, the snapshots that its fleet names are compared.
    Clusters are only read.

    Exit code 0: all is as planned; 1: something is not; 2: the plan or a cluster cannot be read.
    """
    source = whole_source(plan, Options(stack, inventory, **given_options()))
    held = _held(source, contexts, snapshots, kubeconfig, timeout)
    found: dict[str, Sequence[Drift]] = {name: drift_of(source, name, one) for name, one in sorted(held.items())}
    click.echo(_FORMS[form](found), nl=False)
    for name, snapshot in sorted(held.items()):
        for one in snapshot.unread:
            click.echo(f"not read: {name}: {one.kind}: {one.reason}", err=True)
    left = sorted(set(source.clusters) - set(held))
    if left:
        click.echo(f"not looked at: {', '.join(left)}", err=True)
    sys.exit(1 if any(found.values()) else 0)


def _held(
    source: Source, contexts: tuple[str, ...], files: tuple[str, ...], kubeconfig: Path | None, timeout: float
) -> dict[str, Snapshot]:
    """A snapshot of each cluster that is asked for."""
    held: dict[str, Snapshot] = {} if contexts or files else dict(source.snapshots)
    for text in contexts:
        cluster, context = named(text, source)
        with reading(context) as progress:
            try:
                held[cluster] = run(
                    lambda session, name=cluster, told=progress: take_snapshot(session, name, None, told),  # type: ignore[misc]
                    context, kubeconfig, timeout,
                )  # fmt: skip
            except LiveError as error:
                raise click.UsageError(str(error)) from None
    for text in files:
        name, equals, file = text.rpartition("=")
        try:
            snapshot = read_snapshot(file)
        except Unreadable as error:
            raise click.UsageError(str(error)) from None
        held[cluster_of(name if equals else snapshot.cluster, bool(equals), source)] = snapshot
    if not held:
        raise click.UsageError(
            "name what to compare with: --context, --snapshot, or `snapshot` of a cluster in the fleet."
        )
    return held
