"""Direct mode: what is written for clusters that take plugins by TSB, and what is read of such plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from support.golden import read_tree
from support.programs import errors, extension_args, fleet, group_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.cli import main
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import lint
from mesh_wasm.tsb import Bundle

from .documents import ALL, EXTENSION, WORKSPACE, changed, files
from .test_hierarchy import CATALOGUE, ORGANIZATION

PREFIX = "tsb.tetrate.io/"
DIRECT = Fleet(
    [
        Cluster(name="east", istio_version="1.27", namespaces=["edge", "shop"], tsb_direct=True),
        Cluster(name="west", istio_version="1.27", namespaces=["shop"]),
    ]
)
GROUP: dict[str, Any] = {
    "apiVersion": "istiointernal.tsb.tetrate.io/v2",
    "kind": "Group",
    "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "name": "plugins"},
    "spec": {"namespaceSelector": {"names": ["*/shop"]}},
}
NAMES = {"organization": "acme", "tenant": "shop", "workspace": "web", "istioInternalGroup": "plugins"}
PLUGIN: dict[str, Any] = {
    "apiVersion": "extensions.istio.io/v1alpha1",
    "kind": "WasmPlugin",
    "metadata": {
        "name": "acl",
        "namespace": "shop",
        "labels": {"istio.io/rev": "tsb"},
        "annotations": {PREFIX + name: value for name, value in NAMES.items()},
        "uid": "8d7a",
        "resourceVersion": "17",
    },
    "spec": {
        "url": "oci://registry.acme.io/filters/acl:1.4.2",
        "priority": 5,
        "selector": {"matchLabels": {"app": "cart"}},
    },
}


def annotations(manifest: dict[str, Any]) -> dict[str, str]:
    found = manifest["metadata"].get("annotations", {})
    return {key.removeprefix(PREFIX): value for key, value in found.items() if key.startswith(PREFIX)}


def objects(*many: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    plan = Bundle(files(*many)).plan(DIRECT)
    assert plan.errors == [], [str(one) for one in plan.errors]
    return plan.objects()


def test_a_plugin_carries_the_four_annotations_where_the_cluster_asks_for_them() -> None:
    made = objects(*ALL, GROUP)
    by_place = {
        (cluster, one["metadata"].get("namespace")): one for cluster, one in made if one["kind"] == "WasmPlugin"
    }
    assert annotations(by_place["east", "shop"]) == NAMES
    assert by_place["east", "shop"]["metadata"]["labels"]["istio.io/rev"] == "tsb"
    assert annotations(by_place["west", "shop"]) == {}
    assert "istio.io/rev" not in by_place["west", "shop"]["metadata"]["labels"]


def test_a_group_is_written_where_no_document_has_one() -> None:
    made = objects(*ALL, GROUP)
    groups = [(cluster, one) for cluster, one in made if one["kind"] == "Group"]
    (cluster, group), edge = groups[0], next(one for _, one in made if one["metadata"].get("namespace") == "edge")
    assert len(groups) == 1
    assert cluster == "east"
    assert group["apiVersion"] == "istiointernal.tsb.tetrate.io/v2"
    assert group["spec"] == {"namespaceSelector": {"names": ["east/edge"]}}
    assert annotations(edge)["istioInternalGroup"] == group["metadata"]["name"]
    assert annotations(group) == {key: NAMES[key] for key in ("organization", "tenant", "workspace")}


def test_what_is_handed_down_is_of_the_workspace_that_owns_the_namespace() -> None:
    made = objects(*CATALOGUE, WORKSPACE, ORGANIZATION, GROUP)
    told = {
        one["metadata"]["namespace"]: annotations(one)
        for cluster, one in made
        if cluster == "east" and one["kind"] != "Group"
    }
    assert told["shop"] == NAMES
    assert told["edge"]["workspace"] == "web"


def test_our_own_lint_has_nothing_against_what_is_written() -> None:
    texts = [one for cluster, one in objects(*ALL, GROUP) if cluster == "east" and one["kind"] == "WasmPlugin"]
    found = lint(files(*texts, GROUP, WORKSPACE), DIRECT).findings
    assert [one.finding.rule for one in found if one.finding.is_error] == []


def test_translate_takes_plugins_of_direct_mode() -> None:
    made = dict(objects(PLUGIN, GROUP, WORKSPACE))
    assert annotations(made["east"]) == NAMES
    assert annotations(made["west"]) == {}
    assert made["west"]["metadata"] == {
        "name": "acl",
        "namespace": "shop",
        "labels": {"app.kubernetes.io/managed-by": "mesh-wasm"},
    }
    assert {key: made["west"]["spec"][key] for key in PLUGIN["spec"]} == PLUGIN["spec"]


def test_the_tree_holds_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop], tsbDirect: true}}")
    Path("tsb.yaml").write_text(yaml.safe_dump_all(ALL))
    result = CliRunner().invoke(main, ["translate", "tsb.yaml", "--inventory", "clusters.yaml", "--out", "out"])
    assert result.exit_code == 0, result.output
    names = [str(path) for path in read_tree(Path("out"))]
    assert [name.partition("-")[0] for name in names if "_cluster" in name] == ["east/_cluster/Group"] * 2
    assert len(names) == 4


def without(*names: str, **more: str) -> dict[str, Any]:
    kept = {key: value for key, value in NAMES.items() if key not in names} | more
    return changed(PLUGIN, "metadata.annotations", {PREFIX + name: value for name, value in kept.items()})


BRIDGED = changed(PLUGIN, "metadata.annotations", {PREFIX + "config-mode": "bridged", PREFIX + "etag": "x"})
MADE = {"mesh-wasm/target": "organizations/acme/tenants/shop/workspaces/other/securitygroups/g"}


@pytest.mark.parametrize(
    ("plugin", "expected"),
    [
        (PLUGIN, []),
        (BRIDGED, []),
        (changed(PLUGIN, "metadata.annotations"), []),
        (without("tenant"), ["the annotation tsb.tetrate.io/tenant is missing"]),
        (without("istioInternalGroup"), ["tsb.tetrate.io/istioInternalGroup is missing"]),
        (without(gatewayGroup="edge"), ["of several groups (istioInternalGroup, gatewayGroup)"]),
        (
            without("istioInternalGroup", gatewayGroup="edge"),
            ["TSB has plugins of direct mode below istiointernalgroups"],
        ),
        (without(tenant="a/b"), ["the tenant must be a name"]),
        (
            changed(PLUGIN, "metadata.annotations", {**PLUGIN["metadata"]["annotations"], **MADE}),
            ["the workspace is 'web' here, and it was made for"],
        ),
        (changed(PLUGIN, "metadata.namespace", "edge"), ["has no namespace 'edge' in any cluster"]),
    ],
)
def test_annotations_are_checked(plugin: dict[str, Any], expected: list[str]) -> None:
    fronts = [
        lint(files(plugin, GROUP, WORKSPACE), DIRECT).findings,
        Bundle(files(plugin, GROUP, WORKSPACE, EXTENSION)).plan(DIRECT).findings,
    ]
    for found in fronts:
        told = [one.finding.message for one in found if one.finding.rule in ("MW585", "MW587")]
        assert len(told) == len(expected)
        for message, words in zip(told, expected, strict=True):
            assert words in message


def test_components_write_it_as_well() -> None:
    def program() -> None:
        where = fleet(namespaces=["edge", "shop"], tsb_direct=True)
        made = wasm.WasmExtension("acl", extension_args())
        wasm.SecurityGroupAttachment("services", group_args(made, where, namespace_selector=["*/shop"]))
        everywhere: Any = {"resource": "organizations/acme", "namespace_selector": ["*/edge"]}
        wasm.DefaultSecuritySetting("all", {**everywhere, "extensions": [{"extension": made}], "fleet": where})

    made = run(program)
    assert [finding.rule for finding in errors(made, "all")] == ["MW586", "MW586"]
    assert errors(made, "services") == []
    for plugin in made.ledger.plans["services"].plugins:
        told = annotations({"metadata": plugin.metadata()})
        assert told.keys() == NAMES.keys()
        assert (told["organization"], told["tenant"], told["workspace"]) == ("acme", "shop", "web")
