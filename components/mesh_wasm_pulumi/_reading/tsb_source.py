"""The arguments of TsbManifests: files, texts and objects as documents, and the credentials that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, counted, format_path, quoted
from mesh_wasm.tsb import Bundle
from mesh_wasm.values.deferred import deferred_leaves
from mesh_wasm.yaml.file import Document, Located, Unreadable, documents
from mesh_wasm.yaml.paths import read_paths
from mesh_wasm_pulumi._values.declared import SecretRef
from mesh_wasm_pulumi._values.leaves import lift

from .secret_refs import read_secrets


def read_documents(args: Mapping[str, Any]) -> tuple[list[Document], list[Finding]]:
    """The documents of ``paths`` and ``documents``, and what could not be read."""
    found: list[Document] = []
    findings: list[Finding] = []
    paths = _listed(args, "paths", findings)
    texts = _listed(args, "documents", findings)
    if not findings and not paths and not texts:
        findings.append(schema.REQUIRED.at("paths", says="there are no documents.", fix="Give paths or documents."))
    for index, path in enumerate(paths):
        if not isinstance(path, str):
            findings.append(schema.WRONG_TYPE.at("paths", index, says="expected a text.", fix=_READABLE))
    read, problems = read_paths(path for path in paths if isinstance(path, str))
    found += read
    findings += [schema.WRONG_TYPE.at("paths", says=str(problem), fix=_READABLE) for problem in problems]
    for index, value in enumerate(texts):
        try:
            found += documents(value if isinstance(value, str) else json.dumps(value), f"documents[{index}]")
        except (Unreadable, TypeError) as problem:
            says = str(problem) if isinstance(problem, Unreadable) else "it holds values that are none of YAML's."
            findings.append(schema.WRONG_TYPE.at("documents", index, says=says, fix=_READABLE))
    return found, findings


_READABLE = "Give YAML (or JSON) files and texts."


def _listed(args: Mapping[str, Any], name: str, findings: list[Finding]) -> list[Any]:
    """The items of a list argument; which objects exist depends on them, so they must be plain."""
    value = lift(args.get(name))
    items = [value] if isinstance(value, str | Mapping) else value
    if any(deferred_leaves(value)):
        findings.append(placing.UNDECIDED.at(name, says="the documents decide which objects exist."))
        return []
    if items is not None and not isinstance(items, list):
        findings.append(schema.WRONG_TYPE.at(name, says="expected a list.", fix=_READABLE))
        return []
    return items or []


def read_named_secrets(args: Mapping[str, Any], component: str) -> tuple[dict[str, SecretRef], list[Finding]]:
    """``pull_secrets`` by name, and what is wrong with them."""
    value = args.get("pull_secrets", args.get("pullSecrets"))
    if value is None:
        return {}, []
    if not isinstance(value, Mapping):
        fix = "Give pull secrets by the name that imagePullSecret has for them."
        return {}, [schema.WRONG_TYPE.at("pullSecrets", says="expected an object.", fix=fix)]
    refs: dict[str, SecretRef] = {}
    findings: list[Finding] = []
    for name, given in value.items():
        for ref in read_secrets({"pull_secret": given}, f"{component}-{name}") or ():
            refs[name] = ref
            findings += [replace(f, path=("pullSecrets", name, *f.path[1:])) for f in ref.findings]
    return refs, findings


def bundle_findings(bundle: Bundle, refs: Mapping[str, SecretRef]) -> Iterator[Finding]:
    """What does not fit between the documents and the other arguments."""
    if not bundle.read:
        says = f"of {counted(bundle.skipped, 'document')}, none is of a kind of TSB that mesh-wasm reads."
        yield schema.REQUIRED.at("paths", says=says, fix="Name the files that `tctl get … -o yaml` has written.")
    for name in refs:
        if name not in bundle.image_pull_secrets:
            says = f"no extension has {quoted(name)} as its imagePullSecret, so these credentials are never used."
            yield schema.UNKNOWN_FIELD.at("pullSecrets", name, says=says, fix="Correct the name, or remove it.")


def told(located: Located) -> Finding:
    """A finding as a component reports it: its place is a line of a file, not an argument."""
    finding = located.finding
    where = " ".join(part for part in (finding.subject, format_path(finding.path)) if part)
    return replace(finding, path=(), subject=f"{located.file}:{located.line}: {where}")
