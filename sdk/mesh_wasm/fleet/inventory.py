"""The inventory: the fleet as a file (clusters.yaml), for everything that runs without a Pulumi program.

.. code-block:: yaml

    clusters:
      east:
        labels: {env: prod}
        istioVersion: "1.27"
        namespaces: [edge, shop, pay]

Each entry holds the facts of :class:`~mesh_wasm.fleet.cluster.Cluster` but its name, in camelCase. The schema for editors is
docs/inventory.schema.json (:mod:`mesh_wasm.fleet.inventory_schema`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, ordered, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.parse import parse
from mesh_wasm.values.naming import is_subdomain
from mesh_wasm.yaml.file import Located, Unreadable, load

from .cluster import Cluster, Fleet
from .facts import fact_findings, version_in_quotes
from .stated import with_files

CLUSTERS = "clusters"
"""The one field of an inventory."""


def read_inventory(path: str | FilePath) -> tuple[Fleet, tuple[Located, ...]]:
    """The fleet of an inventory file, and what is wrong with it, each with its line.

    Clusters with errors are left out. Raises :class:`~mesh_wasm.yaml.file.Unreadable` where the file cannot be read, is
    no YAML, or holds not exactly one document.
    """
    found = list(load(path))
    if len(found) != 1:
        raise Unreadable(str(path), f"an inventory is one YAML document; this file holds {len(found) or 'none'}.")
    fleet, findings = parse_inventory(found[0].value, FilePath(path).parent)
    return fleet, tuple(found[0].locate(finding) for finding in findings)


def parse_inventory(document: Any, folder: FilePath | None = None) -> tuple[Fleet, tuple[Finding, ...]]:
    """The fleet of an inventory that has been loaded already; paths start at the document.

    :param folder: Where files that it names are looked up; without it, it may name none.
    """
    if not isinstance(document, Mapping):
        says = "an inventory is a mapping with the field clusters."
        return Fleet([]), (schema.WRONG_TYPE.at(says=says, fix=_FORM),)
    findings = list(_unknown(document))
    entries = document.get(CLUSTERS)
    if not isinstance(entries, Mapping) or not entries:
        says = "the inventory needs at least one cluster, as a mapping of names to facts."
        findings.append(schema.REQUIRED.at(CLUSTERS, says=says, fix=_FORM))
        return Fleet([]), ordered(findings)
    clusters: list[Cluster] = []
    for name, facts in entries.items():
        facts, unread = ({}, []) if facts is None else with_files(facts, folder)
        cluster, found = parse_cluster(str(name), facts)
        found += unread
        findings += [finding.under(CLUSTERS, str(name)) for finding in found]
        if not any(finding.is_error for finding in found):
            clusters.append(cluster)
    return Fleet(clusters), ordered(findings)


def parse_cluster(name: str, facts: Any) -> tuple[Cluster, list[Finding]]:
    """One cluster from its facts; paths start at the facts. A cluster with errors must not be used."""
    if not isinstance(facts, Mapping):
        return Cluster(name=name), [schema.WRONG_TYPE.at(says="the facts of a cluster are a mapping.", fix=_FORM)]
    findings: list[Finding] = []
    if "name" in facts:
        says = "the name of a cluster is its key in clusters."
        findings.append(schema.UNKNOWN_FIELD.at("name", says=says, fix="Remove the field."))
    parsed = parse(Cluster, {**facts, "name": name})
    findings += [version_in_quotes(finding, facts) for finding in parsed.findings]
    if not findings:
        findings += _facts(parsed.value)
    return parsed.value, findings


def _unknown(document: Mapping[str, Any]) -> Iterator[Finding]:
    for name in document:
        if name != CLUSTERS:
            guess = suggestion(name, [CLUSTERS])
            says = f"there is no field {quoted(name)} here{did_you_mean(guess)}"
            yield schema.UNKNOWN_FIELD.at(str(name), says=says, fix=f"Write `{CLUSTERS}`." if guess else _FORM)


def _facts(cluster: Cluster) -> Iterator[Finding]:
    if not is_subdomain(cluster.name):
        says = f"{quoted(cluster.name)} is no name for a cluster."
        yield placing.BAD_NAME.at(says=says)
    yield from fact_findings(cluster)


_FORM = "Write clusters: {<name>: {namespaces: [<namespace>, …], istioVersion: '<major>.<minor>', …}}."
