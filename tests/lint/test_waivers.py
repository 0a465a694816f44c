"""Waivers that do not do what their author believes."""

from __future__ import annotations

import datetime

import pytest

from mesh_wasm.findings.finding import Severity
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import documents

TODAY = datetime.date(2026, 11, 22)
WITHOUT_SELECTOR = """\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata:
  name: acl
  namespace: edge
  labels: {{{labels}}}
  annotations: {{mesh-wasm/waive: "{waiver}"}}
spec: {{url: "oci://registry.example.com/filters/acl:1.4.2", priority: 10}}
"""


def told(waiver: str, labels: str = "", fleet: Fleet | None = None) -> dict[str, tuple[Severity, str]]:
    text = WITHOUT_SELECTOR.format(waiver=waiver, labels=labels)
    found = lint(documents(text, "x.yaml"), fleet, today=TODAY).findings
    return {one.finding.rule: (one.finding.severity, one.finding.message) for one in found if one.finding.rule > "MW9"}


def test_a_waiver_that_waives_something_is_not_told() -> None:
    assert told("MW403 until 2026-12-31: the whole namespace is meant") == {}


def test_an_unused_waiver_is_a_note() -> None:
    severity, says = told("MW201 until 2026-12-31: x")["MW905"]
    assert severity is Severity.INFO
    assert "the waiver of MW201 (" in says
    assert says.endswith("waives nothing: nothing of the kind is found here.")


@pytest.mark.parametrize("waiver", ["MW706 until 2026-12-31: another file", "MW601 until 2026-12-31: old clusters"])
def test_what_needs_more_than_one_object_may_be_used_elsewhere(waiver: str) -> None:
    assert told(waiver) == {}


def test_a_version_rule_counts_where_clusters_are_known() -> None:
    fleet = Fleet([Cluster(name="east", istio_version="1.27")])
    assert list(told("MW601 until 2026-12-31: old clusters", fleet=fleet)) == ["MW905"]


def test_a_generated_object_carries_waivers_of_others() -> None:
    managed = '"app.kubernetes.io/managed-by": mesh-wasm'
    assert told("MW201 until 2026-12-31: x", managed) == {}


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("MW43", "MW403 ("),
        ("mw403", "MW403 ("),
        ("MW_403", "MW403 ("),
        ("MW4O3", "MW403 ("),
        ("nonsense", "lists them all"),
    ],
)
def test_an_unknown_rule_is_told_with_those_that_may_be_meant(written: str, near: str) -> None:
    severity, says = told(f"{written} until 2026-12-31: x")["MW904"]
    assert severity is Severity.ERROR
    assert f"there is no rule '{written}'; " in says
    assert near in says


def test_the_end_of_a_waiver_of_a_note_stops_nothing() -> None:
    assert told("MW702 until 2026-10-31: x")["MW906"][0] is Severity.INFO
    assert told("MW403 until 2026-10-31: x")["MW902"][0] is Severity.ERROR
