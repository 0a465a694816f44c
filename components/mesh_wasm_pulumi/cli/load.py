"""Reading the plan of a Pulumi program for commands of the SDK that take one."""

from __future__ import annotations

from pathlib import Path

import click

from mesh_wasm.cli.sources import Manifest, Source
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import run_folder
from mesh_wasm_pulumi.offline.stackconfig import ProjectError


def load_program(folder: Path, stack: str) -> Source:
    """Run the program in a folder offline; a program with errors is refused, for it has no plan."""
    try:
        run = run_folder(folder, stack)
    except ProjectError as error:
        raise click.UsageError(str(error)) from None
    problems = [f"{component}: {finding}" for component, finding in run.ledger.findings if finding.is_error]
    if run.failure is not None or problems:
        raise click.ClickException(
            "the program has no plan; `mesh-wasm plan` tells more:\n" + "\n".join(problems or [str(run.failure)])
        )
    clusters: dict[str, list[Manifest]] = {}
    for one in planned_objects(run):
        clusters.setdefault(one.cluster, []).append(one.manifest)
    return Source(clusters)
