"""``mesh-wasm translate``: TSB YAML becomes the manifests that a program with the same attachments would make."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mesh_wasm.findings.finding import Severity, counted, tallied
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.planning.manifests import ManifestError, in_line, ordered_keys, write_tree
from mesh_wasm.tsb import Bundle, BundlePlan, Choices
from mesh_wasm.yaml.file import Located, Unreadable
from mesh_wasm.yaml.paths import read_paths

from .options.catalogue import catalogue_option, given_catalogue
from .options.choices import choice_options, given_choices
from .options.lock import given_lock, lock_option


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--inventory", required=True, metavar="FILE", help="The fleet: see docs/inventory.schema.json.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the manifests below this folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lock_option
@catalogue_option
@choice_options
def translate(
    paths: tuple[str, ...], inventory: str, out: Path | None, form: str, lock_file: Path | None, catalogue: Path | None
) -> None:
    """Translate TSB YAML (files, folders, - for standard input) into WasmPlugins for every cluster of the inventory.

    A cluster with emit: TrafficExtension gets these instead.

    Read are WasmExtension, IngressGateway, EgressGateway, Tier1Gateway, Gateway, the settings of organizations, tenants,
    workspaces, security groups and services, and Profiles, with the Groups and Workspaces that say which namespaces are
    meant; as `tctl get` prints them, or as GitOps custom resources. Other kinds are passed over and counted; extensions in
    them are errors.

    With mesh-wasm.lock, the plugins are pinned to the digests of their modules; with a catalogue, extensions keep the
    numbers that it holds.

    The folder of --out belongs to this command: manifests of an earlier run that are no longer planned are removed.

    Exit code 0: no error; 1: errors, nothing is written; 2: something could not be read.
    """
    documents, problems = read_paths(paths)
    try:
        fleet, inventory_findings = read_inventory(inventory)
    except Unreadable as unreadable:
        problems.append(unreadable)
    choices, held = Choices.of(**given_choices()), given_catalogue(catalogue, paths)
    bundle = Bundle(documents, lock=given_lock(lock_file), choices=choices, catalogue=held)
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    if not problems and not bundle.read:
        # An empty plan would remove all manifests of an earlier run.
        many = counted(bundle.skipped, "document")
        click.echo(f"error: nothing to translate: of {many}, none is of a kind of TSB that mesh-wasm reads.", err=True)
        for located in bundle.check():
            click.echo(str(located), err=True)
    if problems or not bundle.read:
        sys.exit(2)
    plan = bundle.plan(fleet)
    findings = (*inventory_findings, *plan.findings)
    failed = any(located.finding.is_error for located in findings)
    objects = [] if failed else plan.objects()
    written = _write(out, objects) if out is not None and not failed else []
    if form == "json":
        click.echo(json.dumps(_document(bundle, objects, findings, written, out), indent=2, sort_keys=True))
    else:
        _show(bundle, plan, objects, findings, failed)
        if out is not None:
            click.echo(f"{counted(len(written), 'manifest')} below {out}." if not failed else "Nothing is written.")
    if failed:
        sys.exit(1)


def _write(out: Path, objects: list[tuple[str, dict[str, Any]]]) -> list[Path]:
    try:
        return write_tree(out, objects)
    except ManifestError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


def _show(
    bundle: Bundle,
    plan: BundlePlan,
    objects: list[tuple[str, dict[str, Any]]],
    findings: tuple[Located, ...],
    failed: bool,
) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from .console import console

    if objects:
        root = Tree(Text(" and ".join(f"{kind}s" for kind in _kinds(objects)), style="bold"))
        branches: dict[tuple[str, ...], Tree] = {}
        for cluster, manifest in sorted(objects, key=_place):
            metadata, spec = manifest["metadata"], manifest["spec"]
            if "namespace" not in metadata:  # a group of TSB
                continue
            top = branches.setdefault((cluster,), Tree(Text(f"cluster {cluster}", style="bold cyan")))
            place = (cluster, metadata["namespace"])
            if place not in branches:
                branches[place] = top.add(Text(f"namespace {metadata['namespace']}", style="cyan"))
            line = Text(metadata["name"], style="bold")
            line.append(f"  {in_line(manifest['kind'], spec)}", style="not bold")
            branches[place].add(line)
        for key, branch in branches.items():
            if len(key) == 1:
                root.add(branch)
        console().print(root)
    for located in sorted(findings, key=lambda located: -located.finding.severity.rank):
        click.echo(str(located))
    tally = [sum(located.finding.severity is severity for located in findings) for severity in Severity]
    counts = ", ".join(tallied(number, severity) for number, severity in zip(tally, Severity, strict=True))
    read = f"{counted(bundle.read, 'document')} read, {bundle.skipped} of other kinds passed over"
    planned = "" if failed else f"; {counted(len(plan.targets), 'target')}, {_counted(objects)}"
    click.echo(f"{read}{planned}; {counts}.")


def _kinds(objects: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """How many objects of each kind; WasmPlugins first."""
    return Counter(sorted((manifest["kind"] for _, manifest in objects), reverse=True)) or Counter({"WasmPlugin": 0})


def _counted(objects: list[tuple[str, dict[str, Any]]]) -> str:
    return ", ".join(counted(number, kind) for kind, number in _kinds(objects).items())


def _place(item: tuple[str, Mapping[str, Any]]) -> tuple[str, str, str]:
    cluster, manifest = item
    return cluster, str(manifest["metadata"].get("namespace", "")), str(manifest["metadata"]["name"])


def _document(
    bundle: Bundle,
    objects: list[tuple[str, dict[str, Any]]],
    findings: tuple[Located, ...],
    written: list[Path],
    out: Path | None,
) -> dict[str, Any]:
    clusters: dict[str, list[Any]] = {}
    for cluster, manifest in sorted(objects, key=_place):
        clusters.setdefault(cluster, []).append(ordered_keys(manifest))
    return {
        "documents": bundle.read + bundle.skipped,
        "skipped": bundle.skipped,
        "clusters": clusters,
        "findings": [located.wire() for located in findings],
        "written": [path.relative_to(out).as_posix() for path in written] if out is not None else [],
    }
