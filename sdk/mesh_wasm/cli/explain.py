"""``mesh-wasm explain``: why is this plugin here, and what runs before and after it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mesh_wasm.drift.foreign import with_foreign
from mesh_wasm.explain import differences, report, to_json
from mesh_wasm.explain.diff import ChangeReport, NotComparable
from mesh_wasm.explain.select import only, unheard_of
from mesh_wasm.explain.shape import Report
from mesh_wasm.modules.locked import FILE_NAME
from mesh_wasm.modules.lockfile import LockError, read_lock
from mesh_wasm.sources.source import Options, SourceError, load_source
from mesh_wasm.values.report_key import report_key

from .console import console
from .options.source import given_options, source_options

FORMS = ["text", "json", "mermaid", "markdown", "html"]


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@source_options
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead.")
@click.option("--cluster", "clusters", multiple=True, help="Only this cluster; may be given several times.")
@click.option("--plugin", "plugins", multiple=True, help="Only chains with this extension or plugin.")
@click.option(
    "--diff",
    "before",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Say what changes since a report that --format json has saved.",
)
@click.option(
    "--lock-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"What `mesh-wasm lock` has written, with the verdicts of trials.  [default: {FILE_NAME} beside SOURCE]",
)
def explain(
    source: Path,
    stack: str,
    inventory: Path | None,
    form: str,
    out: Path | None,
    clusters: tuple[str, ...],
    plugins: tuple[str, ...],
    before: Path | None,
    lock_file: Path | None,
) -> None:
    """Show the filter chain of every workload in SOURCE: a Pulumi program, TSB YAML, or a folder of WasmPlugins.

    Exit code 0: explained; 1: explained, but the source has errors; 2: it cannot be read.
    """
    if before is not None and form == "mermaid":
        raise click.UsageError("a drawing shows no changes; use --diff with another --format than mermaid.")
    held = lock_file or (source if source.is_dir() else source.parent) / FILE_NAME
    try:
        # Only what is saved or compared needs a key that lasts longer than this run.
        key = report_key() if before is not None or form == "json" else None
        source_read = with_foreign(load_source(source, Options(stack, inventory, **given_options())))
        told = report(source_read, key, read_lock(held))
        changes = None if before is None else differences(_saved(before), told)
    except (LockError, SourceError) as error:
        raise click.UsageError(str(error)) from None
    except NotComparable as error:
        raise click.UsageError(f"{before}: {error}") from None
    if changes is None:
        _must_be_there(told, clusters, plugins)
    shown = only(told, clusters, plugins)
    if form == "text" and out is None:
        _print(shown, changes)
    else:
        text = _rendered(shown, changes, form)
        if out is None:
            click.echo(text, nl=False)
        else:
            try:
                out.write_text(text, encoding="utf-8")
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise click.UsageError(f"{out} cannot be written: {why}. Name another file with --out.") from None
    if told["problems"] or any(finding["severity"] == "error" for finding in told["findings"]):
        sys.exit(1)


def _must_be_there(told: Report, clusters: Iterable[str], plugins: Iterable[str]) -> None:
    """Refuse names that nothing has: what is shown of them is empty, and looks like an answer."""
    problem = unheard_of(told, clusters, plugins)
    if problem is None:
        return
    from mesh_wasm.explain.text import error_lines

    for line in error_lines(told):  # perhaps it is missing because of one of these
        click.echo(line, err=True)
    raise click.UsageError(problem)


def _saved(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotComparable("it is no JSON file; make one with mesh-wasm explain --format json.") from None


def _print(told: Report, changes: list[ChangeReport] | None) -> None:
    from mesh_wasm.explain.text import change_lines, error_lines, note_lines, tree

    for line in error_lines(told):
        click.echo(line)
    screen = console()
    if changes is None:
        screen.print(tree(told))
    else:
        for line in change_lines(changes):
            click.echo(line)
    for line in note_lines(told):
        click.echo(line)


def _rendered(told: Report, changes: list[ChangeReport] | None, form: str) -> str:
    """The whole text of a file."""
    match form:
        case "json":
            return (
                to_json(told)
                if changes is None
                else json.dumps({"changes": changes}, indent=2, ensure_ascii=False) + "\n"
            )
        case "mermaid":
            from mesh_wasm.explain.mermaid import mermaid

            return mermaid(told)
        case "markdown":
            from mesh_wasm.explain.markdown import markdown

            return markdown(told, changes)
        case "html":
            from mesh_wasm.explain.page import page

            return page(told, changes)
        case _:
            from mesh_wasm.explain.text import as_text

            return as_text(told, changes)
