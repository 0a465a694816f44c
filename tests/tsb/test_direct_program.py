"""TSB's direct mode in a program: each plugin has its IstioInternalGroup, which all that need it share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from support.golden import read_tree
from support.programs import PLUGIN_TYPE, extension_args, fleet, gateway_args, group_args, of_type

import mesh_wasm_pulumi as wasm
from mesh_wasm.cli import main as sdk_main
from mesh_wasm_pulumi.offline.run import Run, run_program

from .documents import ALL, EXTENSION, INGRESS, WORKSPACE

GROUP_TYPE = "kubernetes:istiointernal.tsb.tetrate.io/v2:Group"
PREFIX = "tsb.tetrate.io/"


def run(*declare: Callable[[Any, Any], object], **facts: Any) -> Run:
    """A program that declares attachments of one extension, in that order."""

    def program() -> None:
        clusters = fleet(**({"tsb_direct": True, "namespaces": ["edge", "shop"]} | facts))
        acl = wasm.WasmExtension("acl", extension_args())
        for one in declare:
            one(acl, clusters)

    result = run_program(program)
    assert result.failure is None, result.failure
    return result


def gateway(acl: Any, clusters: Any) -> None:
    wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))


def group(acl: Any, clusters: Any) -> None:
    wasm.SecurityGroupAttachment(
        "all", group_args(acl, clusters, namespace_selector=["*/edge", "*/shop"], clusters={"env": "prod"})
    )


def groups(result: Run) -> dict[str, Any]:
    return {one.urn: one for one in of_type(result, GROUP_TYPE)}


@pytest.mark.parametrize("order", [(gateway, group), (group, gateway)], ids=["gateway first", "group first"])
def test_the_group_of_a_namespace_is_written_once_and_plugins_wait_for_it(order: Any) -> None:
    result = run(*order)
    found = {one.inputs["spec"]["namespaceSelector"]["names"][0]: one for one in groups(result).values()}
    assert found.keys() == {"east/edge", "east/shop"}
    plugins = of_type(result, PLUGIN_TYPE)
    assert len(plugins) == 3
    for plugin in plugins:
        metadata = plugin.inputs["metadata"]
        of = found[f"east/{metadata['namespace']}"]
        assert metadata["annotations"][PREFIX + "istioInternalGroup"] == of.inputs["metadata"]["name"]
        assert of.urn in plugin.dependencies, "so it is made before the plugin, and deleted after it"
        assert of.inputs["metadata"]["annotations"] == {
            PREFIX + "organization": "acme",
            PREFIX + "tenant": "shop",
            PREFIX + "workspace": "web",
        }
        assert of.provider.rsplit("::", 2)[-2] == "east"


def test_nothing_of_a_group_depends_on_who_is_there_first_or_leaves() -> None:
    """Its URN and inputs stay, so it is neither replaced nor deleted as long as a plugin needs it."""
    whole, turned, left = run(gateway, group), run(group, gateway), run(gateway)
    assert {urn: one.inputs for urn, one in groups(whole).items()} == {
        urn: one.inputs for urn, one in groups(turned).items()
    }
    assert {urn: groups(whole)[urn].inputs for urn in groups(left)} == {
        urn: one.inputs for urn, one in groups(left).items()
    }
    assert len(groups(left)) == 1


def test_no_group_where_the_cluster_takes_plain_plugins() -> None:
    assert not groups(run(gateway, tsb_direct=False))


def test_a_component_with_an_error_writes_no_group() -> None:
    def program() -> None:
        clusters = fleet(tsb_direct=True)
        acl = wasm.WasmExtension("acl", extension_args(sha256="short"))
        gateway(acl, clusters)

    result = run_program(program)
    assert result.failure is not None
    assert not groups(result)


def test_documents_and_attachments_share_a_group_that_translate_writes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tsb.yaml").write_text(yaml.safe_dump_all(ALL))

    def documents(_: Any, clusters: Any) -> None:
        wasm.TsbManifests("tsb", {"paths": ["tsb.yaml"], "fleet": clusters, "cluster_names": ["east"]})

    result = run(documents, gateway_beside)
    assert len(groups(result)) == 2
    Path("clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop], tsbDirect: true}}")
    done = CliRunner().invoke(sdk_main, ["translate", "tsb.yaml", "--inventory", "clusters.yaml", "--out", "out"])
    assert done.exit_code == 0, done.output
    written = [yaml.safe_load(text) for text in read_tree(Path("out")).values()]
    translated = {one["metadata"]["name"]: one["spec"] for one in written if one["kind"] == "Group"}
    assert translated == {one.inputs["metadata"]["name"]: one.inputs["spec"] for one in groups(result).values()}


def gateway_beside(acl: Any, clusters: Any) -> None:
    """Another gateway in the namespace of the documents' one."""
    fqn = "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/other"
    where = {"namespace": "edge", "labels": {"app": "other"}}
    wasm.IngressGatewayAttachment("other", gateway_args(acl, clusters, gateway=fqn, workload_selector=where))


def test_a_group_of_the_documents_is_taken_and_none_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = {
        "apiVersion": "istiointernal.tsb.tetrate.io/v2",
        "kind": "Group",
        "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "name": "own"},
        "spec": {"namespaceSelector": {"names": ["*/edge"]}},
    }
    Path("tsb.yaml").write_text(yaml.safe_dump_all([EXTENSION, WORKSPACE, INGRESS, own]))

    def documents(_: Any, clusters: Any) -> None:
        wasm.TsbManifests("tsb", {"paths": ["tsb.yaml"], "fleet": clusters, "cluster_names": ["east"]})

    result = run(documents)
    assert not groups(result)
    (plugin,) = of_type(result, PLUGIN_TYPE)
    assert plugin.inputs["metadata"]["annotations"][PREFIX + "istioInternalGroup"] == "own"
