"""The options of every command that reads a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def cluster_options(command: F) -> F:
    """Add ``--context``, ``--kubeconfig`` and ``--timeout``."""
    context = click.option("--context", help="Context of the kubeconfig.  [default: its current one]")
    return context(kubeconfig_options(command))


def kubeconfig_options(command: F) -> F:
    """Add ``--kubeconfig`` and ``--timeout``."""
    kubeconfig = click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path),
        help="The kubeconfig.  [default: $KUBECONFIG, else ~/.kube/config]",
    )
    timeout = click.option(
        "--timeout",
        default=30.0,
        show_default=True,
        type=click.FloatRange(min=0, min_open=True),
        help="Seconds that one request to the API server may take.",
    )
    return kubeconfig(timeout(command))
