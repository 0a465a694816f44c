"""Hypothesis looks for plugins of either kind on which servers and mesh-wasm disagree, and for plans that they refuse.

By default the examples are the same in each run, so that a failure speaks of the change and not of luck. To search
further: `MESH_WASM_DIFFERENTIAL=50000 pytest tests/cluster/test_differential.py` asks about that many new ones. What it
finds is shrunk and printed as a case: put it into tests/cases, record it, and mend the rule.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import yaml
from cases import strategies
from cases.ours import disagreement
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mesh.judge import Judges

from mesh_wasm.fleet.cluster import Cluster as Facts
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.attachments import Attached, plan_attachments
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.planning.plan import Plan

pytestmark = pytest.mark.cluster

WANTED = int(os.environ.get("MESH_WASM_DIFFERENTIAL", "0"))


def profile(examples: int) -> settings:
    return settings(
        max_examples=WANTED or examples,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def compare(
    judges: Judges, figures: Counter[str], spec: dict[str, Any], metadata: Any = None, kind: str = "WasmPlugin"
) -> None:
    manifest = {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": kind,
        "metadata": metadata or {"name": "example", "namespace": "default"},
        "spec": spec,
    }
    said = judges.server(manifest)
    figures[f"generated {'plugins' if kind == 'WasmPlugin' else 'TrafficExtensions'} compared"] += 1
    figures[f"of them {'accepted' if said.accepted else 'refused'}"] += 1
    told = disagreement(manifest, said.accepted, said.message, list(said.fields))
    figures["disagreements"] += told is not None
    content = {"spec": spec} if metadata is None else {"document": {"metadata": metadata, "spec": spec}}
    case = yaml.safe_dump([{"id": "new", "why": "…", **content}], default_flow_style=None, allow_unicode=True)
    assert told is None, f"{told}\nAs a case:\n{case}"


def test_urls(judges: Judges, figures: Counter[str]) -> None:
    @profile(4000)
    @given(spec=strategies.URL_SPECS)
    def search(spec: dict[str, Any]) -> None:
        compare(judges, figures, spec)

    search()


def test_fields(judges: Judges, figures: Counter[str]) -> None:
    @profile(4000)
    @given(spec=strategies.FIELD_SPECS)
    def search(spec: dict[str, Any]) -> None:
        compare(judges, figures, spec)

    search()


def test_metadata(judges: Judges, figures: Counter[str]) -> None:
    @profile(1000)
    @given(metadata=strategies.METADATA)
    def search(metadata: dict[str, Any]) -> None:
        compare(judges, figures, {"url": "oci://ghcr.io/acme/acl:1.4.2"}, metadata)

    search()


def test_traffic_extensions(judges: Judges, figures: Counter[str]) -> None:
    @profile(4000)
    @given(spec=strategies.TRAFFIC_EXTENSION_SPECS)
    def search(spec: dict[str, Any]) -> None:
        compare(judges, figures, spec, kind="TrafficExtension")

    search()
    assert figures["generated TrafficExtensions compared"] >= min(WANTED or 4000, 3000)


FLEET = Fleet(
    [
        Facts(name="here", namespaces=["default"], istio_version="1.27"),
        Facts(name="there", namespaces=["default"], istio_version="1.30", emit="TrafficExtension"),
    ]
)
TENANT = "organizations/acme/tenants/shop/workspaces/web"
TARGETS = {
    TargetKind.INGRESS_GATEWAY: {
        "fqn": f"{TENANT}/gatewaygroups/edge/ingressgateways/shop",
        "workloadSelector": {"namespace": "default", "labels": {"app": "shop"}},
    },
    TargetKind.SECURITY_GROUP: {
        "fqn": f"{TENANT}/securitygroups/services",
        "namespaceSelector": ["*/default"],
    },
}


def planned(kind: TargetKind, extension: dict[str, Any], attachment: dict[str, Any]) -> Plan | None:
    """The plan of one attachment; None where something is wrong with it."""
    fqn = "organizations/acme/extensions/acl"
    entry = parse(CatalogueEntry, {"fqn": fqn} | extension)
    item = parse(WasmExtensionAttachment, {"fqn": fqn} | attachment)
    if [finding for finding in (*entry.findings, *item.findings, *entry_findings(entry.value)) if finding.is_error]:
        return None
    target = parse(Target, {"kind": kind} | TARGETS[kind]).value
    plan = plan_attachments(target, [Attached(entry.value, item.value, "acl")], FLEET, Selection())
    return None if plan.errors else plan


def test_plans(judges: Judges, figures: Counter[str]) -> None:
    """What is planned without an error is taken by the servers, as either kind, whatever extension and attachment say."""

    @profile(2000)
    @given(kind=st.sampled_from(list(TARGETS)), extension=strategies.EXTENSIONS, attachment=strategies.ATTACHMENTS)
    def search(kind: TargetKind, extension: dict[str, Any], attachment: dict[str, Any]) -> None:
        plan = planned(kind, extension, attachment)
        figures["generated extensions planned" if plan else "generated extensions refused"] += 1
        for plugin in plan.plugins if plan else ():
            said = judges.server(plugin.manifest())
            figures["disagreements"] += not said.accepted
            assert said.accepted, f"{said.message}\n{yaml.safe_dump(plugin.manifest(), allow_unicode=True)}"

    search()
    assert figures["generated extensions planned"] > 300
