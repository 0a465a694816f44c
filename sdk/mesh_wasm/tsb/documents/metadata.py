"""Which resource a document is: its FQN, from the metadata as tctl writes it or from the annotations of GitOps.

tctl: ``metadata: {organization, tenant, workspace, group, name}``. GitOps custom resources: ``metadata.name`` and the
annotations ``tsb.tetrate.io/{organization,tenant,workspace,gatewayGroup,securityGroup}``. What both leave out is taken
from ``spec.fqn``, which ``tctl get`` prints, or ``metadata.fqn``. Pages of TSB's reference write
``metadata.org`` for the organization.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mesh_wasm.findings import documents, schema
from mesh_wasm.findings.finding import Finding, Path, quoted
from mesh_wasm.values.fqn import Fqn, FqnError

from .kinds import Kind

ANNOTATION = "tsb.tetrate.io/"
_NAME = re.compile(r"^[^/\s]+$")


def read_fqn(kind: Kind, document: Mapping[str, Any]) -> tuple[Fqn | None, list[Finding]]:
    """The FQN of a document, and what is wrong with the places that say it; None where it cannot be told."""
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        return None, [schema.REQUIRED.at("metadata", says="a TSB resource needs its metadata.", fix=_fix(kind))]
    annotations = metadata.get("annotations")
    annotations = annotations if isinstance(annotations, Mapping) else {}
    told = [(where, fqn) for where in ("spec", "metadata") if (fqn := _told_fqn(document, where))]
    pairs: list[tuple[str, str]] = []
    left_out: tuple[str, str] | None = None
    findings: list[Finding] = []
    levels = [*kind.parents, ("name", "", kind.collection)]
    required = len(kind.parents) if kind.required is None else kind.required
    for number, (field, annotation, collection) in enumerate(levels):
        places: dict[Path, Any] = {("metadata", field): metadata.get(field)}
        if field == "organization":
            places["metadata", "org"] = metadata.get("org")
        if annotation:
            places["metadata", "annotations", ANNOTATION + annotation] = annotations.get(ANNOTATION + annotation)
        places |= {(where, "fqn"): dict(fqn.pairs).get(collection) for where, fqn in told}
        name, found = _agreed(places, field)
        findings += found
        if name is not None:
            pairs.append((collection, name))
            if left_out and annotation:  # a workspace is of some tenant
                findings.append(_missing(kind, *left_out))
        elif not found and (number < required or not annotation):
            findings.append(_missing(kind, field, annotation))
        elif not found:
            left_out = left_out or (field, annotation)
    return (Fqn(tuple(pairs)), []) if not findings else (None, findings)


def _told_fqn(document: Mapping[str, Any], where: str) -> Fqn | None:
    part = document.get(where)
    fqn = part.get("fqn") if isinstance(part, Mapping) else None
    try:
        return Fqn.parse(fqn) if isinstance(fqn, str) else None
    except FqnError:
        return None


def _agreed(places: Mapping[Path, Any], field: str) -> tuple[str | None, list[Finding]]:
    """The one name that the places give; findings where a name is no name, or two places give two."""
    first: str | None = None
    for path, value in places.items():
        if value is None:
            continue
        if not isinstance(value, str) or not _NAME.match(value):
            says = f"the {field} must be a name: a text without '/' or blanks."
            return None, [schema.WRONG_TYPE.at(*path, says=says, fix=f"Write `{path[-1]}: <{field}>`.")]
        if first is not None and value != first:
            says = f"the {field} is {quoted(value)} here and {quoted(first)} elsewhere in the same document."
            return None, [documents.WHOSE.at(*path, says=says, fix="Keep one of the two.")]
        first = value
    return first, []


def _missing(kind: Kind, field: str, annotation: str) -> Finding:
    says = f"nothing says which {field} this {kind.kind} belongs to." if annotation else "the resource has no name."
    fix = f"Set metadata.{field}" + (
        f" (tctl) or the annotation {ANNOTATION}{annotation} (GitOps)." if annotation else "."
    )
    return documents.WHOSE.at("metadata", field, says=says, fix=fix)


def _fix(kind: Kind) -> str:
    return f"Set metadata.{{{', '.join(field for field, _, _ in kind.parents)}, name}}."
