"""Istio's versions as versions, and the table of its known bugs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.istio_patches import IstioVersion, Within, span
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.checks import placed_findings
from mesh_wasm.rules.known_bugs.page import page
from mesh_wasm.rules.known_bugs.table import KNOWN_BUGS

ROOT = Path(__file__).parents[2]
SERVICE = {"kind": "Service", "group": "", "name": "reviews"}
GATEWAY = {"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "edge"}


@pytest.mark.parametrize(
    ("version", "within"),
    [
        *(("1.21", "no"), ("1.21.9", "no"), ("1.22.0", "yes"), ("1.22", "yes"), ("1.24.6", "yes"), ("1.27.7", "yes")),
        *(("1.27", "some"), ("1.27.8", "no"), ("1.27.10", "no"), ("1.28.4", "yes"), ("1.28", "some"), ("1.28.5", "no")),
        *(("1.29.0", "yes"), ("1.29.1", "no"), ("1.30", "no"), ("1.30.0", "no"), ("1.31", "no"), ("2.0", "no")),
        *(("v1.28.4-distroless", "yes"), ("1.26.10", "yes")),
    ],
)
def test_a_version_among_those_since_one_until_some(version: str, within: str) -> None:
    declared = IstioVersion.parse(version)
    assert declared is not None
    assert span("1.22.0", "1.27.8", "1.28.5", "1.29.1", "1.30.0").holds(declared) is Within(within)


@pytest.mark.parametrize(
    ("version", "within"), [("1.30.0", "no"), ("1.30.2", "yes"), ("1.30", "some"), ("1.31", "yes"), ("1.29", "no")]
)
def test_what_begins_with_a_patch_and_is_there_to_this_day(version: str, within: str) -> None:
    declared = IstioVersion.parse(version)
    assert declared is not None
    assert span("1.30.1").holds(declared) is Within(within)


def test_what_is_no_version() -> None:
    assert IstioVersion.parse("latest") is None
    with pytest.raises(ValueError, match="no version"):
        span("latest")


def found(version: str, **fields: Any) -> list[Finding]:
    spec = parse(WasmPluginSpec, {"url": "oci://r.example.com/acl:1", "priority": 0, **fields}, wire=True).value
    cluster = Cluster(name="east", istio_version=version)
    return [one for one in placed_findings(spec, [(cluster, "shop")]) if one.rule == "MW620"]


def test_a_pull_secret_of_a_plugin_for_a_service() -> None:
    for version in ("1.22.1", "1.24.6", "1.24"):
        (told,) = found(version, targetRefs=[SERVICE], imagePullSecret="regcred")
        assert (told.severity, told.path) == (Severity.ERROR, ("imagePullSecret",))
        assert "1.25" in told.fix
    assert not found("1.25", targetRefs=[SERVICE], imagePullSecret="regcred")
    assert not found("1.24.6", targetRefs=[GATEWAY], imagePullSecret="regcred")
    assert not found("1.24.6", targetRefs=[SERVICE])
    assert not found("", targetRefs=[SERVICE], imagePullSecret="regcred")


def test_a_version_without_its_patch_is_a_suspicion_and_says_so() -> None:
    (told,) = found("1.22", targetRefs=[SERVICE])
    assert told.severity is Severity.WARNING
    assert "which patch of it is not said" in told.message
    (told,) = found("1.22.0", targetRefs=[SERVICE])
    assert told.severity is Severity.ERROR
    assert "which patch" not in told.message
    assert not found("1.22.1", targetRefs=[SERVICE])


@pytest.mark.parametrize(
    ("url", "hit"), [("https://h.example.com/acl.wasm.gz", True), ("https://h.example.com/acl.wasm", False)]
)
def test_a_packed_module(url: str, hit: bool) -> None:
    assert bool(found("1.28.5", url=url)) is hit
    assert not found("1.28.6", url=url)


WAYPOINT = {"matchLabels": {"gateway.istio.io/managed": "istio.io-mesh-controller"}}


def test_a_waypoint_before_1_22() -> None:
    assert [one.path for one in found("1.21.6", selector=WAYPOINT)] == [("selector",)]
    assert not found("1.22.0", selector=WAYPOINT)
    assert not found("1.21.6", selector={"matchLabels": {"istio": "ingressgateway"}})


def test_every_row_is_whole() -> None:
    for bug in KNOWN_BUGS:
        assert not bug.told_by or bug.told_by in CATALOGUE
        assert not bug.happens.endswith(".")
        assert not bug.fix or bug.fix.endswith(".")
        assert re.search(r"#\d+", bug.source)
    assert len({bug.key for bug in KNOWN_BUGS}) == len(KNOWN_BUGS)


def test_the_pages_golden() -> None:
    path = ROOT / "docs" / "known-bugs.md"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(page())
    assert path.read_text() == page()
