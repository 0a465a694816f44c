"""What a cluster with ``emit`` gets: the same plugins, in the same order, as the other kind of object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
import pytest
from click.testing import CliRunner
from support.programs import extension_args, gateway_args, plugin_args
from tsb.documents import ALL

import mesh_wasm_pulumi as wasm
from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.member import members_of
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.model.parse import parse
from mesh_wasm.planning.manifests import to_yaml
from mesh_wasm.tsb import plan
from mesh_wasm.yaml.file import Document, Spot
from mesh_wasm_pulumi.cli import main
from mesh_wasm_pulumi.testing import ProgramPlan, plan_of

LUA = "function envoy_on_response(h) h:headers():add('x', '1') end"


def fleet(**facts: Any) -> wasm.Fleet:
    """East is switched, west is not."""
    both = {"namespaces": ["edge", "shop"], "labels": {"env": "prod"}, "istio_version": "1.30", **facts}
    return wasm.Fleet(
        [
            wasm.Cluster("east", provider=k8s.Provider("east", context="east"), emit="TrafficExtension", **both),
            wasm.Cluster("west", provider=k8s.Provider("west", context="west"), **both),
        ]
    )


def attached(*names: str, **facts: Any) -> ProgramPlan:
    def program() -> None:
        where = fleet(**facts)
        registry = wasm.PullSecret("acme", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        made = [wasm.WasmExtension(name, extension_args(phase=None, pull_secret=registry)) for name in names]
        items = [{"extension": one, "match": [{"mode": "CLIENT"}]} for one in made]
        wasm.IngressGatewayAttachment("shop", gateway_args(made[0], where, extensions=items, clusters=None))

    return plan_of(program)


def test_a_switched_cluster_gets_the_other_kind_and_nothing_else_changes() -> None:
    planned = attached("acl", "waf").ok()
    for name in ("acl", "waf"):
        here, there = (planned.plugin(cluster=c, name=_name(planned, c, name)) for c in ("east", "west"))
        assert (here.kind, there.kind) == ("TrafficExtension", "WasmPlugin")
        assert here.name == there.name
        assert here.manifest["metadata"] == there.manifest["metadata"]
        assert here.spec["wasm"]["url"] == there.spec["url"]
        assert here.spec["wasm"]["imagePullSecret"] == there.spec["imagePullSecret"]
        assert here.spec["wasm"]["pluginConfig"] == there.spec["pluginConfig"]
        assert here.spec["priority"] == there.spec["priority"]
        assert here.spec["match"] == there.spec["match"] == [{"mode": "CLIENT"}]
        assert set(here.spec) == {"selector", "priority", "match", "wasm"}
    assert planned.order("east", "edge") == planned.order("west", "edge")
    assert [one.kind for one in planned.plugins(kind="TrafficExtension")] == ["TrafficExtension"] * 2


def _name(planned: ProgramPlan, cluster: str, extension: str) -> str:
    (found,) = [one.name for one in planned.plugins(cluster=cluster) if one.name.startswith(f"shop-{extension}")]
    return found


def test_equal_priorities_are_spread_before_the_kind_is_chosen() -> None:
    planned = attached("b", "a", "c").ok()
    numbers = {
        cluster: [one.spec["priority"] for one in planned.plugins(cluster=cluster)] for cluster in ("east", "west")
    }
    assert numbers["east"] == numbers["west"]
    assert len(set(numbers["east"])) == 3


@pytest.mark.parametrize(
    ("version", "rule"), [("1.29", "MW631"), ("1.27.9", "MW631"), ("1.30", None), ("1.32.1", None), (None, None)]
)
def test_an_istio_before_1_30_gets_none(version: str | None, rule: str | None) -> None:
    planned = attached("acl", istio_version=version)
    if rule is None:
        planned.ok()
    else:
        finding = planned.refused(rule)
        assert "Istio" in finding.message
        assert planned.objects == ()


def test_asm_gets_none() -> None:
    attached("acl", istio_version=None, dialect="asm").refused("MW631")


def test_a_raw_plugin_follows_the_cluster() -> None:
    planned = plan_of(lambda: wasm.WasmPlugin("raw", plugin_args(fleet(), phase="STATS"))).ok()
    assert planned.plugin(cluster="east").spec["wasm"] == {"url": planned.plugin(cluster="west").spec["url"]}
    assert planned.plugin(cluster="east").spec["phase"] == "STATS"


def extension_of(spec: dict[str, Any], **more: Any) -> Any:
    return {"metadata": {"namespace": "edge", "name": "mark"}, "spec": spec, "fleet": fleet(), **more}


def test_a_raw_traffic_extension_is_one_everywhere() -> None:
    selector = {"match_labels": {"app": "shop"}}
    spec = {"selector": selector, "phase": "STATS", "lua": {"inline_code": LUA}}
    planned = plan_of(lambda: wasm.TrafficExtension("mark", extension_of(spec))).ok()
    for cluster in ("east", "west"):
        one = planned.plugin(cluster=cluster)
        assert one.kind == "TrafficExtension"
        assert one.spec["lua"] == {"inlineCode": LUA}
        assert one.spec["priority"] == 0  # written out, as everywhere
        assert one.manifest["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "mesh-wasm"


def test_a_raw_traffic_extension_pulls_with_its_secret() -> None:
    def program() -> None:
        registry = wasm.PullSecret("acme", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        spec = {"selector": {"match_labels": {"a": "b"}}, "wasm": {"url": "oci://registry.acme.io/acl:1"}}
        wasm.TrafficExtension("mark", extension_of(spec, pull_secret=registry))

    planned = plan_of(program).ok()
    secret = planned.secret(cluster="west")
    assert planned.plugin(cluster="west").spec["wasm"]["imagePullSecret"] == secret.name


def test_credentials_for_a_script_are_not_written() -> None:
    def program() -> None:
        registry = wasm.PullSecret("acme", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        spec = {"selector": {"match_labels": {"a": "b"}}, "lua": {"inline_code": LUA}}
        wasm.TrafficExtension("mark", extension_of(spec, pull_secret=registry))

    planned = plan_of(program)
    assert [one.kind for one in planned.objects] == ["TrafficExtension"] * 2
    assert any("never used" in finding.message for _, finding in planned.findings)


@pytest.mark.parametrize(
    ("spec", "rule", "path"),
    [
        ({"lua": {"inline_code": "function envoy_on_request(h"}}, "MW281", "spec.lua.inline_code"),
        ({"wasm": {"url": "registry:5000/x"}}, "MW113", "spec.wasm.url"),
        ({"wasm": {"url": "oci://a/b:1", "colour": 1}}, "MW102", "spec.wasm.colour"),
        ({}, "MW101", "spec"),
        ({"phase": "UNSPECIFIED_PHASE", "wasm": {"url": "oci://a/b:1"}}, "MW104", "spec.phase"),
    ],
)
def test_a_raw_traffic_extension_is_refused_where_it_is_wrong(spec: dict[str, Any], rule: str, path: str) -> None:
    planned = plan_of(lambda: wasm.TrafficExtension("mark", extension_of({"selector": {"match_labels": {}}, **spec})))
    finding = planned.refused(rule, "mark")
    assert str(finding).split(" ")[0].rstrip(":") == path or path in str(finding)
    assert planned.objects == ()


def test_both_kinds_of_one_name_are_told() -> None:
    def program() -> None:
        where = fleet()
        spec = {"selector": {"match_labels": {"app": "shop"}}, "priority": 5, "wasm": {"url": "oci://a.io/b:1"}}
        args: Any = {"metadata": {"namespace": "edge", "name": "raw"}, "spec": spec, "fleet": where}
        wasm.TrafficExtension("other", args)
        wasm.WasmPlugin("raw", plugin_args(where))

    planned = plan_of(program)
    found = [finding for _, finding in planned.findings if finding.rule in ("MW280", "MW507", "MW511", "MW706")]
    twins = [finding for finding in found if finding.rule == "MW280"]
    assert [finding.cluster for finding in twins] == ["west"], found  # in the east both are the same object
    assert "TrafficExtension raw too, declared by other" in twins[0].message


def test_a_bundle_of_tsb_documents_follows_the_inventory() -> None:
    clusters = [
        Cluster(name="east", namespaces=["edge", "shop"], emit="TrafficExtension"),
        Cluster(name="west", namespaces=["edge", "shop"]),
    ]
    told = plan([Document(one, "a.yaml", index, Spot(1)) for index, one in enumerate(ALL)], Fleet(clusters))
    kinds = {(cluster, manifest["kind"]) for cluster, manifest in told.objects()}
    assert kinds == {("east", "TrafficExtension"), ("west", "WasmPlugin")}
    text = to_yaml(next(manifest for cluster, manifest in told.objects() if cluster == "east"))
    assert (
        text.index("  selector:") < text.index("  phase:") < text.index("  priority:") < text.index("  wasm:\n    url:")
    )
    members = [member for target in told.targets for member in members_of(target.plan.plugins)]
    lines = {(chain.cluster, chain.workload): chain.line for chain in chains(members)}
    assert len({line for (cluster, _), line in lines.items() if cluster == "east"}) >= 1
    for (cluster, workload), line in lines.items():
        assert line == lines["west" if cluster == "east" else "east", workload]


def test_translate_counts_both_kinds(tmp_path: Path) -> None:
    import yaml

    (tmp_path / "tsb.yaml").write_text(yaml.safe_dump_all(ALL))
    inventory = {
        "clusters": {
            "east": {"namespaces": ["edge", "shop"], "emit": "TrafficExtension"},
            "west": {"namespaces": ["edge", "shop"]},
        }
    }
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(inventory))
    args = [
        "translate",
        str(tmp_path / "tsb.yaml"),
        "--inventory",
        str(tmp_path / "fleet.yaml"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    assert "2 WasmPlugins, 2 TrafficExtensions" in done.output
    assert (
        sorted(path.name.split("-")[0] for path in (tmp_path / "out" / "east").rglob("*.yaml"))
        == ["TrafficExtension"] * 2
    )
    again = CliRunner().invoke(main, ["lint", str(tmp_path / "out")])
    assert again.exit_code == 0, again.output
    shown = CliRunner().invoke(main, ["explain", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output


def test_the_emitted_kind_is_one_of_two() -> None:
    found = parse(Cluster, {"name": "east", "emit": "EnvoyFilter"}).findings
    assert [finding.rule for finding in found] == ["MW104"]


def test_a_version_that_is_not_declared_is_a_warning() -> None:
    rules = {
        version: {finding.rule for _, finding in attached("acl", istio_version=version).findings}
        for version in (None, "1.31")
    }
    assert "MW632" in rules[None]
    assert "MW632" not in rules["1.31"]
