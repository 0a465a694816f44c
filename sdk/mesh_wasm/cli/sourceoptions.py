"""The options of every command that reads a source: what :class:`mesh_wasm.sources.source.Options` holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .choiceoptions import choice_options

F = TypeVar("F", bound=Callable[..., Any])


def source_options(command: F) -> F:
    """Add ``--stack`` and ``--inventory``, which the command takes by these names, and what TSB leaves open."""
    stack = click.option(
        "--stack", default="dev", show_default=True, help="Pulumi programs: the stack whose configuration is used."
    )
    inventory = click.option(
        "--inventory",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="TSB YAML: the file that describes the fleet.",
    )
    return stack(inventory(choice_options(command)))
