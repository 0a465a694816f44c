"""`mesh-wasm explain` tells the chain that Envoy has, line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm_pulumi.cli import main

from .stage import Extension, Modules, Stage, names, until

pytestmark = pytest.mark.live

OWN = {
    "istio.metadata_exchange": [],  # stock Envoy has none
    "istio.ext_authz": [],  # there is no AuthorizationPolicy with action CUSTOM
    "istio.authn": ["envoy.filters.http.jwt_authn"],
    "istio.authz": ["envoy.filters.http.rbac"],
    "fault, CORS": ["envoy.filters.http.fault", "envoy.filters.http.cors"],
    "istio.stats": [],  # stock Envoy has none
    "router": ["envoy.filters.http.router"],
}
"""Istio's own filters as `explain` calls them, and as Envoy does."""

NOT_TOLD = "envoy.filters.http.grpc_stats"
"""Counts messages, and never touches a request."""


def test_explain_is_envoys_own_list(stage: Stage, modules: Modules, tmp_path: Path) -> None:
    image = stage.registry.push("filters/explained", modules("v1"))
    program = stage.gateway_program(
        Extension("plain", image.url, "UNSPECIFIED_PHASE"),
        Extension("stats", image.url, "STATS"),
        Extension("authz-b", image.url, "AUTHZ"),
        Extension("authz-a", image.url, "AUTHZ"),
        Extension("authn-low", image.url, "AUTHN", -2147483648),
        Extension("authn-high", image.url, "AUTHN", 2147483647),
    )
    cluster = stage.clusters[0]
    stage.apply(cluster, stage.istio_policies())
    stage.deploy(program)
    order = ["authn-high", "authn-low", "authz-a", "authz-b", "stats", "plain"]
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")

    place = tmp_path / cluster.name / stage.namespace
    place.mkdir(parents=True)
    for plugin in (obj for obj in stage.plan(program)[cluster.name] if obj["kind"] == "WasmPlugin"):
        (place / f"{plugin['metadata']['name']}.yaml").write_text(yaml.safe_dump(plugin))
    done = CliRunner().invoke(main, ["explain", str(tmp_path), "--format", "json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    (workload,) = told["clusters"][0]["workloads"]
    lines = [
        name
        for step in workload["http"]
        for name in ([told["plugins"][step["plugin"]]["name"]] if "plugin" in step else OWN[step["name"]])
    ]
    assert [name for name in stage.http_filters() if name != NOT_TOLD] == lines
