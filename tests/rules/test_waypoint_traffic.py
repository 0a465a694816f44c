"""What a match may say on a waypoint: no error where the plugin runs."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.checks import plugin_findings

SERVICE = {"kind": "Service", "name": "shop"}
GATEWAY = {"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "shop"}
PORTS = [{"ports": [{"number": 9000}]}]


@pytest.mark.parametrize(
    ("target", "spec", "rules"),
    [
        (SERVICE, {"match": [{"mode": "CLIENT"}]}, {"MW270"}),
        (SERVICE, {"match": [{"mode": "CLIENT", "ports": [{"number": 1}]}]}, {"MW206", "MW270"}),
        (SERVICE, {"match": [{"mode": "SERVER"}, {"mode": "CLIENT_AND_SERVER"}]}, set()),
        (GATEWAY, {"match": [{"mode": "CLIENT"}]}, set()),
        (SERVICE, {"match": PORTS}, {"MW206"}),
        (SERVICE, {"match": PORTS, "type": "NETWORK"}, {"MW271"}),
        (GATEWAY, {"type": "NETWORK"}, set()),
    ],
)
def test_traffic_of_a_waypoint(target: Any, spec: dict[str, Any], rules: set[str]) -> None:
    parsed = parse(WasmPluginSpec, {"url": "oci://r.example.com/f/x:1", "priority": 1, "targetRefs": [target], **spec})
    found = {finding.rule for finding in plugin_findings(parsed.value)}
    assert found & {"MW206", "MW270", "MW271"} == rules
