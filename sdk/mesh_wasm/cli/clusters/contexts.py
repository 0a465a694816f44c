"""Which context of the kubeconfig stands for which cluster of a plan."""

from __future__ import annotations

import click

from mesh_wasm.sources.source import Source


def named(text: str, source: Source) -> tuple[str, str]:
    """Cluster and context of ``[CLUSTER=]CONTEXT``."""
    name, equals, context = text.partition("=")
    return (cluster_of(name, True, source), context) if equals else (cluster_of(name, False, source), name)


def cluster_of(name: str, given: bool, source: Source) -> str:
    """The plan's cluster of that name; where the name was not given, but is a context's or file's, also the only one."""
    if name in source.clusters:
        return name
    if not given and len(source.clusters) == 1:
        return source.clusters[0]
    has = ", ".join(source.clusters) or "none"
    raise click.UsageError(f"the plan has no cluster {name}; it has {has}. Write CLUSTER={name}.")
