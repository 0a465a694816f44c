"""``mesh-wasm lint``: the catalogue of rules on YAML files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from mesh_wasm.findings.finding import Severity
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.lint import Result, fixes, formats, lint
from mesh_wasm.lint.repository import sift
from mesh_wasm.rules.waivers import LevelError, Levels
from mesh_wasm.tsb import Choices
from mesh_wasm.yaml.file import Document, Unreadable
from mesh_wasm.yaml.paths import read_paths

from .garbage import no_collection
from .options.catalogue import catalogue_option, given_catalogue
from .options.choices import choice_options, given_choices
from .options.lock import given_lock, lock_option

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--inventory", metavar="FILE", help="The fleet: see docs/inventory.schema.json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, for code scanning, for the annotations of a workflow.",
)
@click.option(
    "--severity",
    "levels",
    multiple=True,
    metavar="RULE=LEVEL",
    help="Let a rule weigh otherwise: error, warning, info or off. Can be repeated.",
)
@click.option("--fix", is_flag=True, help="Mend in the files what only one thing can have been meant by.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@lock_option
@catalogue_option
@choice_options
@no_collection()
def lint_command(
    paths: tuple[str, ...],
    inventory: str | None,
    form: str,
    levels: tuple[str, ...],
    fix: bool,
    diff: bool,
    lock_file: Path | None,
    catalogue: Path | None,
) -> None:
    """Check YAML files and folders (- for standard input) against the catalogue of rules.

    Read are Istio WasmPlugin and TrafficExtension, pull Secrets, and TSB WasmExtension, IngressGateway, EgressGateway,
    Tier1Gateway, Gateway, the settings of every level, Profile, Group and Workspace. Other kinds are passed over and
    counted; of a folder also what cannot be read and mentions none of these. Helm templates and kustomize's patches are
    named: render them into lint -. Virtual environments and what git ignores are not looked at. With an inventory, rules
    about versions, dialects, namespaces and placement are checked as well; with mesh-wasm.lock, those about modules; with a
    catalogue, whether the extensions are as it has them.

    --fix mends what is safe to mend: another spelling of a field or value, a missing scheme or priority, a number in
    quotes or a text without, a port that is listed twice, and, with mesh-wasm.lock, a tag without its digest. Comments and
    layout stay as they are.

    A finding is waived for an object by its annotation mesh-wasm/waive: "MW403 until 2027-01-31: why".

    Exit code 0: no error; 1: errors; 2: something could not be read, or wrong usage.
    """
    try:
        wanted = Levels.read(levels)
    except LevelError as error:
        raise click.UsageError(str(error)) from None
    sifted = sift(paths, *read_paths(paths))
    problems, notes = sifted.problems, sifted.notes
    fleet: Fleet | None = None
    if inventory is not None:
        try:
            fleet, wrong = read_inventory(inventory)
            problems += [Unreadable(one.file, str(one.finding), one.line) for one in wrong if one.finding.is_error]
        except Unreadable as problem:
            problems.append(problem)
    choices = Choices.of(**given_choices())
    lock, held = given_lock(lock_file), given_catalogue(catalogue, paths)
    documents: Sequence[Document] = sifted.documents

    def judge(some: Sequence[Document]) -> Result:
        return lint(some, fleet, wanted, lock=lock, choices=choices, catalogue=held)

    told: list[str] = []
    if fix or diff:
        fixed = fixes.fix(documents, judge)
        if diff:
            told += (line for file in fixed.files for line in file.diff())
            result = judge(documents)
        else:
            problems += _written(fixed.files)
            documents, result = fixed.documents, fixed.result
            told += formats.fixed_lines(fixed)
    else:
        result = judge(documents)
    if form in ("json", "sarif"):
        splices = fixes.splices(documents, result)
    match form:
        case "json":
            click.echo(formats.as_json(result, problems, notes, splices))
        case "sarif":
            click.echo(formats.as_sarif(result, problems, notes, splices))
        case "github":
            click.echo(
                "\n".join(formats.as_github(result, problems, notes)), nl=bool(result.findings or problems or notes)
            )
        case _:
            click.echo("\n".join((*told, *formats.as_text(result, problems, _style, notes))))
    sys.exit(2 if problems else 1 if result.count(Severity.ERROR) else 0)


def _written(files: Iterable[fixes.FixedFile]) -> Iterator[Unreadable]:
    """Write the mended files; a problem for each that cannot be."""
    for file in files:
        try:
            file.write()
        except OSError as error:
            says = f"the file cannot be written: {(error.strerror or str(error)).lower()}."
            yield Unreadable(file.file, says, fix="Make it writable, or mend it by hand.")


def _style(word: str, severity: Severity) -> str:
    return click.style(word, fg=_COLOURS[severity])
