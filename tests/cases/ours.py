"""What mesh-wasm says of a manifest, and how that compares with what a server says."""

from __future__ import annotations

import re
from typing import Any

from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.findings.rule import CATALOGUE, Family
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import Document, Spot

NEWEST = Fleet([Cluster(name="newest")])
"""A cluster of which nothing is declared: the newest upstream Istio is assumed."""


def findings(manifest: dict[str, Any]) -> list[Finding]:
    """What `mesh-wasm lint` says of a manifest; paths start at its root."""
    document = Document(manifest, "case.yaml", 0, Spot(1))
    return [located.finding for located in lint([document], NEWEST).findings]


def disagreement(manifest: dict[str, Any], accepted: bool, message: str, fields: list[str]) -> str | None:
    """What is wrong between a server's answer and ours, as a sentence; None if they agree.

    What the server refuses, we refuse, and at every field that it names. What it accepts, we may refuse, but not as a
    matter of schema: the rule must be of another family, such as a silent trap.
    """
    errors = [finding for finding in findings(manifest) if finding.is_error]
    if accepted:
        wrong = [str(error) for error in errors if CATALOGUE[error.rule].family is Family.SCHEMA]
        return f"the server accepts it, and we call its schema wrong: {'; '.join(wrong)}" if wrong else None
    if not errors:
        return f"the server refuses it, and we do not: {message}"
    missed = [field for field in fields if not any(_meet(field, error.path) for error in errors)]
    if missed:
        ours = "; ".join(str(error) for error in errors)
        return f"the server refuses {', '.join(missed)}, and we do not: {message} (we say: {ours})"
    return None


def _meet(field: str, path: Path) -> bool:
    """Whether one is within the other: a server may blame an object for what we blame one of its fields for.

    Compared in the server's own words, which write the key of a map like a field, dots and all.
    """
    server = re.sub(r"\[([^\]]*)\]", r".\1", field) + "."
    ours = "".join(f"{part}." for part in path)
    return server.startswith(ours) or ours.startswith(server)
