"""``mesh-wasm snapshot``: what a cluster holds beside its plugins, read once and written to a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from mesh_wasm.findings.finding import counted
from mesh_wasm.live.client import LiveError, run
from mesh_wasm.live.reading import take_snapshot
from mesh_wasm.snapshot.file import snapshot_text
from mesh_wasm.snapshot.snapshot import Snapshot

from .options import cluster_options
from .progress import reading


@click.command("snapshot")
@cluster_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write.  [default: the output]")
@click.option("--name", help="Name of the cluster in the file.  [default: that of the context]")
@click.option("--namespace", "namespaces", multiple=True, help="Read only this namespace. Can be repeated.")
def snapshot_command(
    context: str | None,
    kubeconfig: Path | None,
    timeout: float,
    out: Path | None,
    name: str | None,
    namespaces: tuple[str, ...],
) -> None:
    """Read what decides about plugins in a cluster, and write it to a file; the cluster is only read.

    Read are namespaces, workloads, Services, Gateways, waypoints, policies, plugins and the form of Secrets, never a value
    of one. What may not be read is named, and the rest is read. docs/existing-mesh.md has the rights that this takes.

    Exit code 0: the file is written; 2: the cluster cannot be read.
    """
    with reading(context) as progress:
        try:
            found = run(
                lambda session: take_snapshot(session, name or session.context, namespaces or None, progress),
                context, kubeconfig, timeout,
            )  # fmt: skip
        except LiveError as error:
            raise click.UsageError(str(error)) from None
    text = snapshot_text(found)
    if out is None:
        click.echo(text, nl=False)
    else:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"{out} cannot be written: {(error.strerror or str(error)).lower()}.") from None
    tell(found, str(out) if out is not None else "the output")


def tell(found: Snapshot, where: str) -> None:
    """What was read, and what was not, on the error stream: the output may be the file."""
    kinds = Counter(str(one["kind"]) for one in found.objects)
    planes = ", ".join(f"{one.version or 'unknown version'} ({one.revision})" for one in found.control_planes)
    click.echo(
        f"cluster {found.cluster}: Istio {planes or 'not found'}, root namespace {found.root_namespace}", err=True
    )
    click.echo("  " + ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())), err=True)
    for one in found.unread:
        place = f" in namespace {one.namespace}" if one.namespace else ""
        click.echo(f"not read: {one.kind}{place}: {one.reason}", err=True)
    if not found.is_whole:
        click.echo("What was not read may exist: absence proves nothing in this snapshot.", err=True)
    click.echo(f"{counted(len(found.objects), 'object')} written to {where}", err=True)
