"""The options of every command that reads a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def cluster_options(command: F) -> F:
    """Add ``--context``, ``--kubeconfig`` and ``--timeout``."""
    for option in (
        click.option(
            "--timeout",
            default=30.0,
            show_default=True,
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds that one request to the API server may take.",
        ),
        click.option(
            "--kubeconfig",
            type=click.Path(path_type=Path),
            help="The kubeconfig.  [default: $KUBECONFIG, else ~/.kube/config]",
        ),
        click.option("--context", help="Context of the kubeconfig.  [default: its current one]"),
    ):
        command = option(command)
    return command
