"""Drift as text, Markdown and JSON: the same bytes for the same differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mesh_wasm.findings.finding import counted

from .compare import Drift


def as_text(found: Mapping[str, Sequence[Drift]]) -> str:
    """A line for each difference, under its cluster, and the sum of all."""
    lines = []
    for cluster, ones in found.items():
        lines.append(f"cluster {cluster}: {_sum(ones)}")
        lines += [f"  {one.kind}: {one.subject}: {one.says}" for one in ones]
    return "\n".join(lines) + "\n"


def as_markdown(found: Mapping[str, Sequence[Drift]]) -> str:
    """A table for each cluster, for the summary of a job."""
    lines = ["# Drift", ""]
    for cluster, ones in found.items():
        lines += [f"## {cluster}", ""]
        if not ones:
            lines += ["All is as planned.", ""]
            continue
        lines += ["| kind | object | what | by |", "| --- | --- | --- | --- |"]
        lines += [f"| {one.kind} | {one.subject} | {_cell(one.says)} | {_cell(one.by)} |" for one in ones]
        lines.append("")
    return "\n".join(lines)


def as_json(found: Mapping[str, Sequence[Drift]]) -> str:
    """``{"ok", "clusters": {name: [{kind, cluster, subject, path, by, message}]}}``."""
    clusters = {cluster: [one.wire() for one in ones] for cluster, ones in found.items()}
    return json.dumps({"ok": not any(clusters.values()), "clusters": clusters}, indent=2, sort_keys=True) + "\n"


def _sum(ones: Sequence[Drift]) -> str:
    return counted(len(ones), "difference") if ones else "all is as planned"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
