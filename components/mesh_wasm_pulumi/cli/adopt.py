"""``mesh-wasm adopt``: a program that declares what is there, and the file to import it with."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mesh_wasm.adopt.adopting import Adopted, adopt
from mesh_wasm.adopt.found import Found, FoundError, read_sources
from mesh_wasm.adopt.grouping import Owner
from mesh_wasm.adopt.importing import import_document
from mesh_wasm.adopt.python_text import python_files
from mesh_wasm.adopt.yaml_program import null_problem, yaml_files
from mesh_wasm.findings.finding import counted

_PACKAGE = "../mesh-wasm/components"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@click.command("adopt")
@click.argument("sources", nargs=-1, required=True, metavar="[CLUSTER=]SOURCE...")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the new project."
)
@click.option("--language", type=click.Choice(["python", "yaml"]), default="python", show_default=True)
@click.option("--project", help="Name of the Pulumi project; default: that of the folder.")
@click.option("--stack", default="dev", show_default=True, help="Stack that the objects are imported into.")
@click.option("--inventory", metavar="FILE", help="The facts of the clusters: see docs/inventory.schema.json.")
@click.option("--organization", default="mesh", show_default=True, help="Organization in the FQNs of extensions.")
@click.option("--tenant", default="mesh", show_default=True, help="Tenant and workspace in the FQNs of targets.")
@click.option("--raw", is_flag=True, help="Declare every object as a raw plugin, and none as an extension.")
@click.option("--package", default=_PACKAGE, show_default=True, help="YAML: where the component package is.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def adopt_command(
    sources: tuple[str, ...],
    out: Path,
    language: str,
    project: str | None,
    stack: str,
    inventory: str | None,
    organization: str,
    tenant: str,
    raw: bool,
    package: str,
    form: str,
) -> None:
    """Write a Pulumi program that declares the WasmPlugins and TrafficExtensions of SOURCES as they are.

    A source is a snapshot, or what `kubectl get wasmplugins -A -o yaml` prints (files, folders, - for standard input), with
    the name of its cluster before it: east=east.yaml. A snapshot knows its name; any other file is taken for a cluster
    that is called after it.

    Beside the program lies import.json for `pulumi import --file`. After it a preview shows no change, and an update
    touches nothing: no label, no priority, no other default is added. No cluster is asked, and no secret is read.

    Exit code 0: all is adopted; 1: some objects cannot be, and the rest is written; 2: nothing is written.
    """
    name = project or out.resolve().name
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} is no name of a Pulumi project: letters, digits, '.', '_' and '-'. Give --project."
        )
    try:
        found = read_sources(sources, inventory)
    except FoundError as error:
        for line in error.lines:
            click.echo(f"error: {line}", err=True)
        sys.exit(2)
    done = adopt(
        found.objects,
        found.clusters,
        project=name,
        around=found.around,
        owner=Owner(organization, tenant),
        group=not raw,
        bar=null_problem if language == "yaml" else None,
    )
    written = _write(done, out, language, stack, package) if done.program.objects else []
    missing = [one for one in done.refused if not one.ours]
    if form == "json":
        click.echo(json.dumps(_report(done, found, written, out), indent=2, sort_keys=True))
    else:
        _show(done, found, written, out, stack)
    sys.exit(2 if not written else 1 if missing else 0)


def _write(done: Adopted, out: Path, language: str, stack: str, package: str) -> list[str]:
    from mesh_wasm_pulumi.offline.adopted import NotTheSame, registered_rows

    python = python_files(done.program)
    files = python if language == "python" else yaml_files(done.program, package)
    try:
        rows = registered_rows(done.program, python["__main__.py"], stack)
    except NotTheSame as error:
        click.echo(f"error: the program would change what is there, so it is not written: {error}", err=True)
        sys.exit(2)
    document = import_document(rows, done.program.project, stack)
    files["import.json"] = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    there = [file for file in files if (out / file).exists()]
    if there:
        says = f"{out} holds {' and '.join(there)} already; nothing is overwritten. Give another folder."
        click.echo(f"error: {says}", err=True)
        sys.exit(2)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (out / file).write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(f"error: {out} cannot be written: {error.strerror}.", err=True)
        sys.exit(2)
    return sorted(files)


def _show(done: Adopted, found: Found, written: list[str], out: Path, stack: str) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from mesh_wasm.cli.console import console

    program = done.program
    root = Tree(Text(program.project, style="bold"))
    for attachment in program.attachments:
        branch = root.add(Text(f"{attachment.kind} {attachment.name}", style="cyan"))
        for attached in attachment.extensions:
            leaf = branch.add(Text(f"extension {attached.extension.name}"))
            for place, one in sorted(attached.objects.items()):
                leaf.add(Text(f"{place}/{one.name}"))
    for plugin in program.plugins:
        where = ", ".join(plugin.clusters)
        root.add(Text(f"{plugin.kind} {plugin.objects[0].namespace}/{plugin.objects[0].name} in {where}"))
    if program.objects:
        console().print(root)
    for refused in done.refused:
        word = "skipped" if refused.ours else "not adopted"
        click.echo(f"{word}: {refused.live}{_at(refused.live.file, refused.live.line)}: {refused.says}")
    for said in found.notes:
        click.echo(f"note: {said}")
    for says, those in _by_note(done.notes):
        click.echo(f"note: {those}: {says}")
    by_extension = sum(len(one.objects) for one in program.attachments)
    click.echo(
        f"{len(program.objects)} of {counted(len(found.objects), 'object')} adopted: {by_extension} by "
        f"{counted(len(program.extensions), 'extension')} on {counted(len(program.attachments), 'target')}, "
        f"{len(program.objects) - by_extension} by {counted(len(program.plugins), 'raw plugin')}."
    )
    if written:
        click.echo(f"Written to {out}: {', '.join(written)}. Next, in that folder:")
        click.echo("\n".join(f"  {line}" for line in next_steps(done, stack)))


def next_steps(done: Adopted, stack: str) -> list[str]:
    """The commands that take the objects into the stack."""
    names = [cluster.name for cluster in done.program.clusters]
    return [
        f"pulumi stack init {stack}",
        *(f'pulumi config set --secret kubeconfig-{name} -- "$(cat {name}.kubeconfig)"' for name in names),
        "pulumi up --yes --target '**:providers:kubernetes::*'",
        "pulumi import --file import.json --protect=false --generate-code=false --yes",
        "pulumi preview --refresh --expect-no-changes",
    ]


def _at(file: str, line: int) -> str:
    return f" ({file}:{line})" if line else f" ({file})" if file else ""


def _by_note(notes: Iterable[tuple[Any, str]]) -> list[tuple[str, str]]:
    """Each note once, with the objects that it is about; of many the first three."""
    about: dict[str, list[str]] = {}
    for one, says in notes:
        about.setdefault(says, []).append(str(one))
    return [
        (says, ", ".join(those[:3]) + (f" and {len(those) - 3} more" if len(those) > 3 else ""))
        for says, those in about.items()
    ]


def _report(done: Adopted, found: Found, written: list[str], out: Path) -> dict[str, Any]:
    def place(one: Any) -> dict[str, str]:
        return {"cluster": one.cluster, "namespace": one.namespace, "name": one.name, "kind": str(one.kind)}

    return {
        "adopted": [place(one) for one in done.program.objects],
        "clusters": dict(Counter(one.cluster for one in done.program.objects)),
        "extensions": [one.name for one in done.program.extensions],
        "attachments": [one.name for one in done.program.attachments],
        "plugins": [one.name for one in done.program.plugins],
        "refused": [{**place(one.live), "says": one.says, "ours": one.ours} for one in done.refused],
        "notes": [
            *({"says": says} for says in found.notes),
            *({**place(one), "says": says} for one, says in done.notes),
        ],
        "written": written,
    }
