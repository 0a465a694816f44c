"""``mesh-wasm plan``: what a Pulumi program would create, without engine and cluster."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from mesh_wasm.cli.console import console
from mesh_wasm.explain.marks import differences_by_cluster, value_marks
from mesh_wasm.findings.finding import Finding, Severity, counted, format_path, tallied
from mesh_wasm.model.traffic_extension import plugin_form
from mesh_wasm.planning.manifests import ManifestError, in_line, write_tree
from mesh_wasm.values.enums import PluginKind
from mesh_wasm_pulumi.offline.beside import beside_findings, clusters_of
from mesh_wasm_pulumi.offline.objects import PlannedObject, bare, planned_objects, provider_problems
from mesh_wasm_pulumi.offline.run import Run, run_folder
from mesh_wasm_pulumi.offline.stackconfig import ProjectError

NOTE = "Offline plan: the program ran in this process; no engine, no state, no cluster was asked."


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--stack", default="dev", show_default=True, help="Stack whose configuration is used: Pulumi.<stack>.yaml."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the manifests below this folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def plan(folder: Path, stack: str, out: Path | None, form: str) -> None:
    """Show what the Pulumi program in FOLDER would create in each cluster, and what the rules say of it.

    Exit code 0: no error; 1: errors, nothing is written; 2: the folder is no Pulumi Python project.
    """
    try:
        run = run_folder(folder, stack)
    except ProjectError as error:
        raise click.UsageError(str(error)) from None
    show_plan(run, folder, stack, out, form)


def show_plan(run: Run, folder: Path, stack: str, out: Path | None, form: str) -> None:
    """Print the plan of a run, write it where wanted, and exit with 1 if it has errors."""
    objects = planned_objects(run)
    problems = list(provider_problems(run))
    run.ledger.findings += beside_findings(run, objects, clusters_of(run, objects))
    failed = run.failure is not None or bool(problems) or any(one.is_error for _, one in run.ledger.findings)
    if form == "json":
        click.echo(json.dumps(_document(run, stack, objects, problems), indent=2, sort_keys=True))
    else:
        click.echo(NOTE)
        _print_tree(run, stack, objects)
        _print_findings(run, problems)
    if out is not None and not failed:
        try:
            written = write_tree(out, [(one.cluster, one.manifest) for one in objects])
        except ManifestError as error:
            raise click.UsageError(str(error)) from None
        click.echo(
            f"{len(written)} manifests written below {out}. Secrets are redacted: see the note in each.", err=True
        )
    if failed:
        sys.exit(1)


def _print_tree(run: Run, stack: str, objects: list[PlannedObject]) -> None:
    root = Tree(Text(f"{run.monitor.project} ({stack})", style="bold"))
    branches: dict[tuple[str, ...], Tree] = {}
    differing = _differing(run, objects)
    for one in objects:
        cluster = branches.get((one.cluster,)) or root.add(Text(f"cluster {one.cluster}", style="bold cyan"))
        branches[(one.cluster,)] = cluster
        place = (one.cluster, one.namespace)
        namespace = branches.get(place) or cluster.add(Text(f"namespace {one.namespace}", style="cyan"))
        branches[place] = namespace
        namespace.add(_line(one, differing.get((one.cluster, one.namespace, one.name), "")))
    console().print(root)
    counts = {kind: sum(one.kind == kind for one in objects) for kind in PluginKind}
    shown = [counted(number, kind) for kind, number in counts.items() if number or kind is PluginKind.WASM_PLUGIN]
    clusters = len({one.cluster for one in objects})
    click.echo(
        f"{counted(clusters, 'cluster')}, {', '.join(shown)}, "
        f"{counted(len(objects) - sum(counts.values()), 'other object')}"
    )


def _differing(run: Run, objects: list[PlannedObject]) -> dict[tuple[str, str, str], str]:
    """By cluster, namespace and name of a plugin, which values of its configuration are others in other clusters."""
    key = secrets.token_bytes(32)  # nothing of the marks outlives this run
    same: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for one in objects:
        spec = bare(run.monitor.resources[one.urn].inputs.get("spec"))
        if one.kind in frozenset(PluginKind) and isinstance(spec, dict):
            form = spec if one.kind == PluginKind.WASM_PLUGIN else plugin_form(spec)
            same.setdefault((one.namespace, one.name), {})[one.cluster] = value_marks(form, key)
    return {
        (cluster, *place): says
        for place, marks in same.items()
        for cluster, says in differences_by_cluster(marks).items()
    }


def _line(one: PlannedObject, differs: str) -> Text:
    text = Text(f"{one.kind} ")
    text.append(one.name, style="bold")
    spec = one.manifest.get("spec")
    if one.kind in frozenset(PluginKind) and isinstance(spec, dict):
        text.append(f"  {in_line(one.kind, spec)}")
    if differs:
        text.append(f"  {differs}", style="yellow")
    if one.hidden:
        text.append(f"  secret: {_paths(one.hidden)}", style="yellow")
    if one.unknown:
        text.append(f"  known at up: {_paths(one.unknown)}", style="yellow")
    return text


def _paths(paths: tuple[Any, ...]) -> str:
    return ", ".join(format_path(path) for path in paths)


def _print_findings(run: Run, problems: list[str]) -> None:
    # The heaviest last: that is where people look, and a long list of notes hides nothing.
    findings = sorted(run.ledger.findings, key=lambda told: -told[1].severity.rank)
    for component, finding in findings:
        click.echo(f"{finding.severity}: {component}: {finding}")
    if run.failed:
        problems = [*problems, f"the program failed: {run.failure}"]
    for problem in problems:
        click.echo(f"error: {problem}")
    tally = {severity: sum(finding.severity is severity for _, finding in findings) for severity in Severity}
    tally[Severity.ERROR] += len(problems)
    click.echo(", ".join(tallied(number, severity) for severity, number in tally.items()))


def _document(run: Run, stack: str, objects: list[PlannedObject], problems: list[str]) -> dict[str, Any]:
    clusters: dict[str, list[Any]] = {}
    for one in objects:
        entry = {
            "manifest": one.manifest,
            "secret": [format_path(path) for path in one.hidden],
            "unknown": [format_path(path) for path in one.unknown],
        }
        clusters.setdefault(one.cluster, []).append(entry)
    return {
        "offline": True,
        "note": NOTE,
        "project": run.monitor.project,
        "stack": stack,
        "clusters": clusters,
        "findings": [_finding(component, finding) for component, finding in run.ledger.findings],
        "problems": problems,
        "failure": run.failure,
    }


def _finding(component: str, finding: Finding) -> dict[str, Any]:
    return {
        "component": component,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": format_path(finding.path),
        "cluster": finding.cluster,
        "message": finding.message,
        "fix": finding.fix,
    }
