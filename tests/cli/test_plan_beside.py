"""``mesh-wasm plan`` and ``explain`` see the program's other resources, and what a cluster is said to hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

HEAD = """
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

east = k8s.Provider("east", context="east")
there = pulumi.ResourceOptions(provider=east)
IMAGE = "oci://registry.acme.io/a@sha256:" + "7e" * 32
"""
FLEET = 'fleet = wasm.Fleet([wasm.Cluster("east", provider=east, namespaces=["shop"]{more})])\n'
PLUGIN = """
wasm.WasmPlugin("filter", {{
    "metadata": {{"name": "filter", "namespace": "shop"}}, "fleet": fleet{more},
    "spec": {{"url": IMAGE, "priority": 1, {spec}}},
}})
"""
GATEWAY = """
k8s.apiextensions.CustomResource(
    "public", api_version="networking.istio.io/v1", kind="Gateway", metadata={"name": "public", "namespace": "shop"},
    spec={"selector": {"app": "x"}, "servers": []}, opts=there)
"""
DEPLOYMENT = """
k8s.apps.v1.Deployment(
    "web", metadata={"namespace": "shop"}, opts=there,
    spec={"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
        "containers": [{"name": "a", "image": "x", "ports": [{"containerPort": 8080}]}]}}})
"""
SERVICE = """
k8s.core.v1.Service(
    "web", metadata={"name": "web", "namespace": "shop"}, opts=there,
    spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]})
"""
SELECT = '"selector": {{"matchLabels": {{"app": "{app}"}}}}'
SERVER = ', "match": [{"mode": "SERVER"}]'
STATED = (
    ', surroundings=[{"apiVersion": "networking.istio.io/v1", "kind": "Gateway", '
    '"metadata": {"name": "public", "namespace": "shop"}, "spec": {"selector": {"app": "x"}}}]'
)


def program(folder: Path, *parts: str, spec: str, stated: str = "", more: str = "") -> None:
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    text = "".join((HEAD, FLEET.format(more=stated), *parts, PLUGIN.format(spec=spec, more=more)))
    (folder / "__main__.py").write_text(text)


def run(command: str, folder: Path) -> Result:
    return CliRunner().invoke(main, [command, str(folder)])


def test_a_raw_gateway_of_the_program_selects_the_pods(tmp_path: Path) -> None:
    program(tmp_path, GATEWAY, spec=SELECT.format(app="x") + SERVER)
    planned = run("plan", tmp_path)
    assert planned.exit_code == 1
    assert "SERVER never matches on a gateway. Gateway shop/public selects these pods" in planned.stdout
    explained = run("explain", tmp_path)
    assert "runs nowhere" in explained.stdout
    assert "SERVER never matches on a gateway" in explained.stdout


def test_what_the_program_hands_over_is_seen_by_the_component(tmp_path: Path) -> None:
    program(tmp_path, spec=SELECT.format(app="x") + SERVER, stated=STATED)
    planned = run("plan", tmp_path)
    assert planned.exit_code == 1
    assert (
        "error: filter: spec.match[0].mode: SERVER never matches on a gateway. Gateway shop/public selects"
        in planned.stdout
    )


def test_ports_and_workloads_of_the_program(tmp_path: Path) -> None:
    program(tmp_path, DEPLOYMENT, SERVICE, spec=SELECT.format(app="web") + ', "match": [{"ports": [{"number": 80}]}]')
    planned = run("plan", tmp_path)
    assert planned.exit_code == 0
    (told,) = [line for line in planned.stdout.splitlines() if "MW230" in line]
    assert told.startswith(
        "warning: filter: spec.match[0].ports[0].number (cluster east): 80 is the port of Service shop/web"
    )
    explained = run("explain", tmp_path)
    assert "1 workload: (web)" in explained.stdout
    assert "Known besides the plugins: 1 workload, 1 Service" in explained.stdout


@pytest.mark.parametrize("waived", [False, True])
def test_it_can_be_waived_and_set_otherwise(tmp_path: Path, waived: bool) -> None:
    waiver = ', "waivers": ["MW406 until 2099-01-31: the pods come with a chart"]' if waived else ""
    program(tmp_path, DEPLOYMENT, spec=SELECT.format(app="webb"), more=waiver)
    planned = run("plan", tmp_path)
    (told,) = [line for line in planned.stdout.splitlines() if "MW406" in line]
    assert told.startswith("info" if waived else "warning")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  mesh-wasm:severities: {MW406: 'off'}\n")
    assert "MW406" not in run("plan", tmp_path).stdout


def test_stated_wrongly_it_is_told_once(tmp_path: Path) -> None:
    program(tmp_path, spec=SELECT.format(app="web"), stated=', surroundings=["nowhere.yaml", {"kind": "Service"}]')
    planned = run("plan", tmp_path)
    assert planned.exit_code == 1
    assert "fleet.east.surroundings[0]" in planned.stdout
    assert "nowhere.yaml: there is no such file or folder." in planned.stdout


def test_an_output_at_a_leaf_is_not_known_and_no_evidence(tmp_path: Path) -> None:
    late = STATED.replace('"app": "x"', '"app": east.urn')
    program(tmp_path, spec=SELECT.format(app="x") + SERVER, stated=late)
    assert run("plan", tmp_path).exit_code == 0
