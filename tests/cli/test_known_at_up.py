"""What `plan --out` writes of values that only `pulumi up` knows passes our own lint; what is wrong beside them is told."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

from .test_plan import plan, project

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

east = k8s.Provider("east", context="east")
by = pulumi.ResourceOptions(provider=east)
fleet = wasm.Fleet([wasm.Cluster("east", provider=east, namespaces=["edge"], istio_version="1.31")])
late = k8s.core.v1.ConfigMap("settings", metadata={"namespace": "edge"}, opts=by).id
url = late.apply(lambda tag: f"oci://registry.acme.io/filters/acl:{tag}")
of_acl = {"organization": "acme", "image": url, "phase": "AUTHZ", "priority": 1, "config": {"a": late}}
acl = wasm.WasmExtension("acl", of_acl)
wasm.IngressGatewayAttachment("edge", {
    "gateway": "organizations/acme/tenants/t/workspaces/w/gatewaygroups/g/ingressgateways/gw",
    "workload_selector": {"namespace": "edge", "labels": {"app": late}}, "extensions": [{"extension": acl}], "fleet": fleet})
leaves = {
    "url": url, "phase": late, "image_pull_secret": late, "sha256": late, "priority": 5,
    "selector": {"match_labels": {"app": late}}, "match": [{"ports": [{"number": late.apply(int)}]}],
    "vm_config": {"env": [{"name": "A", "value": late}]}}
wasm.WasmPlugin("raw", {"metadata": {"namespace": "edge"}, "spec": leaves, "fleet": fleet})
k8s.apiextensions.CustomResource(
    "hand", api_version="extensions.istio.io/v1alpha1", kind="WasmPlugin",
    metadata={"name": "hand", "namespace": "edge"},
    spec={"url": url, "priority": 7, "selector": {"matchLabels": {"app": late}}, "failStrategy": late, "type": late},
    opts=by)
k8s.apiextensions.CustomResource(
    "new", api_version="extensions.istio.io/v1alpha1", kind="TrafficExtension",
    metadata={"name": "new", "namespace": "edge"},
    spec={"wasm": {"url": url, "type": late}, "priority": 8, "phase": late, "selector": {"matchLabels": {"app": late}}},
    opts=by)
"""


def lint(folder: Path) -> Result:
    return CliRunner().invoke(main, ["lint", str(folder)])


def test_values_that_only_up_knows_are_not_judged(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert plan(project(tmp_path, PROGRAM), "--out", out).exit_code == 0
    written = {path.name: path.read_text() for path in (out / "east" / "edge").glob("*Extension-*")}
    written |= {path.name: path.read_text() for path in (out / "east" / "edge").glob("WasmPlugin-*")}
    assert len(written) == 4
    assert all(text.count("<known at up>") >= 3 for text in written.values())
    told = lint(out)
    assert told.exit_code == 0, told.output
    assert "0 errors, 0 warnings" in told.output


def test_what_is_wrong_beside_them_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(project(tmp_path, PROGRAM), "--out", out)
    file = out / "east" / "edge" / "WasmPlugin-hand.yaml"
    file.write_text(file.read_text().replace("priority: 7", "priority: high"))
    told = lint(out)
    assert told.exit_code == 1
    assert "WasmPlugin-hand.yaml" in told.output
    assert told.output.count(" error ") == 1, told.output


def test_elsewhere_a_mark_is_a_placeholder(tmp_path: Path) -> None:
    out, repository = tmp_path / "out", tmp_path / "repository"
    plan(project(tmp_path, PROGRAM), "--out", out)
    repository.mkdir()
    (repository / "hand.yaml").write_text((out / "east" / "edge" / "WasmPlugin-hand.yaml").read_text())
    told = lint(repository)
    assert told.exit_code == 1
    assert "it still holds the placeholder <known at up>" in told.output
