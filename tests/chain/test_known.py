"""What a report tells of the real workloads, their waypoint and Istio's own policies, and what it does not draw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from surroundings.objects import (
    USE,
    custom,
    deployment,
    gateway,
    home,
    istio_gateway,
    made,
    plugin,
    pods,
    ref,
    service,
    text,
)

from mesh_wasm.cli.explain import explain

FORMS = ["text", "markdown", "html", "json"]
SERVER = {"match": [{"mode": "SERVER"}]}


def explained(folder: Path, *objects: dict[str, Any], form: str = "text") -> str:
    (folder / "all.yaml").write_text(text(*objects))
    result = CliRunner().invoke(explain, [str(folder), "--format", form], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("form", FORMS)
def test_real_workloads_are_named(tmp_path: Path, form: str) -> None:
    objects = [deployment(name, tier="t", app=name) for name in ("web", "cart", "pay")]
    assert "3 workloads: cart, pay, web" in explained(tmp_path, *objects, plugin(**pods(tier="t")), form=form)


def test_the_rest_of_a_namespace_is_not_what_others_take(tmp_path: Path) -> None:
    objects = [deployment("web"), deployment("cart"), plugin(**pods(app="web")), plugin(name="all")]
    told = explained(tmp_path, *objects)
    assert "1 workload: web" in told
    assert "1 workload: cart" in told


def test_a_gateway_by_selection_does_not_run_server(tmp_path: Path) -> None:
    told = explained(
        tmp_path, istio_gateway(app="x"), plugin(**pods(app="x"), **SERVER), plugin(name="b", **pods(app="x"))
    )
    assert "filter (shop/filter) runs nowhere" in told
    assert "Gateway shop/public selects these pods: they are a gateway" in told
    sidecar = explained(tmp_path, deployment("x"), plugin(**pods(app="x"), **SERVER))
    assert "runs nowhere" not in sidecar
    assert "-> filter -> router" in sidecar


def test_the_class_of_a_gateway_settles_conditions(tmp_path: Path) -> None:
    aimed = plugin(**ref(), **SERVER)
    assert "if it is a waypoint" in explained(tmp_path, aimed)
    on_waypoint = explained(tmp_path, aimed, gateway(of="istio-waypoint"))
    assert "if it is a waypoint" not in on_waypoint
    assert "runs nowhere" not in on_waypoint
    assert "runs nowhere" in explained(tmp_path, aimed, gateway())


def test_a_selector_on_a_waypoint_runs_nowhere(tmp_path: Path) -> None:
    waypoint = deployment("w", **{"gateway.istio.io/managed": "istio.io-mesh-controller", "app": "w"})
    assert "never runs: a waypoint honours no selector" in explained(tmp_path, waypoint, plugin(**pods(app="w")))


def test_the_waypoint_of_a_service(tmp_path: Path) -> None:
    aimed = plugin(**ref("web", "Service", ""))
    assert "its waypoint is shop/w" in explained(tmp_path, aimed, service(), home(**{USE: "w"}))
    assert "no waypoint in sight" in explained(tmp_path, aimed, service())


def test_policies_stand_at_istios_own_filters(tmp_path: Path) -> None:
    jwt = made("RequestAuthentication", "jwt", "shop", "security.istio.io/v1", **pods(app="x"))
    told = explained(tmp_path, custom(), jwt, plugin(**pods(app="x"), phase="AUTHN"))
    assert "has action CUSTOM; here: shop/login" in told
    assert "asks for it; here: shop/jwt" in told


def test_a_traffic_extension_is_in_the_chain(tmp_path: Path) -> None:
    code = {"inlineCode": "function envoy_on_request(h) end"}
    lua = made(
        "TrafficExtension", "filter", "shop", "extensions.istio.io/v1alpha1", **pods(app="x"), priority=5, lua=code
    )
    told = explained(tmp_path, lua, plugin(**pods(app="x")))
    assert "-> filter -> filter -> router" in told
    assert "object: TrafficExtension shop/filter" in told


def test_the_report_says_what_was_known(tmp_path: Path) -> None:
    told = json.loads(explained(tmp_path, service(), deployment("a"), plugin(**pods(app="a")), form="json"))
    (cluster,) = told["clusters"]
    assert cluster["knowledge"] == (
        "Known besides the plugins: 1 workload, 1 Service. What is not among them may exist all the same."
    )
    assert "knowledge" not in json.loads(explained(tmp_path, plugin(**pods(app="a")), form="json"))["clusters"][0]
