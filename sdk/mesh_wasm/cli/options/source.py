"""The options of every command that reads a source: what :class:`mesh_wasm.sources.source.Options` holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mesh_wasm.numbering import FILE_NAME
from mesh_wasm.sources.source import Options, Source, SourceError, load_source

from .choices import Given, choice_options, given_choices

F = TypeVar("F", bound=Callable[..., Any])


def source_options(command: F) -> F:
    """Add ``--stack`` and ``--inventory``, which the command takes by these names, and what TSB documents need besides.

    For that the command asks :func:`given_options`.
    """
    stack = click.option(
        "--stack", default="dev", show_default=True, help="Pulumi programs: the stack whose configuration is used."
    )
    inventory = click.option(
        "--inventory",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="TSB YAML: the file that describes the fleet.",
    )
    catalogue = click.option(
        "--catalogue",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        expose_value=False,
        callback=_note,
        help=f"TSB YAML: what `mesh-wasm catalogue` has written.  [default: {FILE_NAME} beside it, else in this folder]",
    )
    return stack(inventory(catalogue(choice_options(command))))


_GIVEN = "mesh_wasm.catalogue"


def _note(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    context.meta[_GIVEN] = value


class GivenOptions(Given, total=False):
    """What was given, by name."""

    catalogue: Path | None


def given_options() -> GivenOptions:
    """What was given to the command that runs, but for stack and inventory."""
    return {**given_choices(), "catalogue": click.get_current_context().meta.get(_GIVEN)}


def whole_source(plan: Path, options: Options) -> Source:
    """What is at ``plan``; one with errors is refused, for nothing of it comes to a cluster. Raises ``UsageError``."""
    try:
        source = load_source(plan, options)
    except SourceError as error:
        raise click.UsageError(str(error)) from None
    if source.stops:
        raise click.UsageError("\n".join([f"{plan} has errors, so it is no plan:", *source.stops]))
    return source
