"""What a program may use of the SDK: reading, parsing, linting, planning and explaining, as functions of plain values.

docs/sdk.md tells them with an example. Whatever is not listed here may change without notice; of the Pulumi side the
same holds for what ``mesh_wasm_pulumi`` lists. Nothing here touches a network or a cluster, and nothing is written but
by :func:`write_tree`.
"""

from __future__ import annotations

from mesh_wasm.explain import Report, differences, to_json
from mesh_wasm.explain import report as explain
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.inventory import parse_inventory, read_inventory
from mesh_wasm.lint import Result as LintResult
from mesh_wasm.lint import lint
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import Parsed, parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec
from mesh_wasm.planning.manifests import to_yaml, write_tree
from mesh_wasm.rules.waivers import LevelError, Levels
from mesh_wasm.sources.source import Options, Source, SourceError, load_source
from mesh_wasm.tsb import BundlePlan, plan
from mesh_wasm.yaml.file import Document, Located, Unreadable
from mesh_wasm.yaml.file import documents as read_text
from mesh_wasm.yaml.paths import read_paths

__all__ = [
    "BundlePlan",
    "CatalogueEntry",
    "Cluster",
    "Document",
    "Finding",
    "Fleet",
    "LevelError",
    "Levels",
    "LintResult",
    "Located",
    "Options",
    "Parsed",
    "Report",
    "Severity",
    "Source",
    "SourceError",
    "TrafficExtensionSpec",
    "Unreadable",
    "WasmExtensionAttachment",
    "WasmPluginSpec",
    "differences",
    "explain",
    "lint",
    "load_source",
    "parse",
    "parse_inventory",
    "plan",
    "read_inventory",
    "read_paths",
    "read_text",
    "to_json",
    "to_yaml",
    "write_tree",
]
