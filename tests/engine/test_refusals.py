"""What is wrong with a program, told on a true engine: all of it in one preview, in sentences, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from mesh.cluster import Cluster

from .folder import Folder

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import mesh_wasm_pulumi as wasm

config = pulumi.Config()
east = wasm.Cluster("east", kubeconfig=config.require_secret("empty"), namespaces=["edge"])  # the first thing of all
west = wasm.Cluster("west", kubeconfig="")
catalogue = pulumi.StackReference("organization/refusals/other")
late = catalogue.get_output("number").apply(lambda number: "AUTHX")
wasm.WasmExtension("mixed", {"organisation": "acme", "image": config.require_secret("image"), "priority": "ten"})
wasm.WasmExtension.get("gone", catalogue.get_output("acl"), organization="acme")
gateway = "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/shop"
wasm.WasmExtension("acl", {"organization": "acme", "image": "oci://registry.acme.io/acl:1", "phase": late})
good = wasm.WasmExtension("good", {"organization": "acme", "image": "oci://registry.acme.io/good:1"})
wasm.IngressGatewayAttachment(
    "shop",
    {"gateway": gateway, "workload_selector": pulumi.Output.from_input({"namespace": "edge", "labels": {}}),
     "extensions": [{"extension": good}], "fleet": wasm.Fleet([east, west])},
)
"""


@pytest.fixture
def project(tmp_path: Path, cluster: Cluster) -> Folder:
    """A stack whose environment has a kubeconfig: what mesh-wasm writes must never go there."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: refusals\nruntime: python\n")
    (source / "__main__.py").write_text("import pulumi\npulumi.export('number', 1)\n")
    folder = Folder(tmp_path / "run", source)
    folder.environment["KUBECONFIG"] = str(cluster.kubeconfig)
    folder.pulumi("stack", "init", "other").good()
    folder.pulumi("up", "--yes", "--skip-preview", "--stack", "other").good()
    (folder.path / "__main__.py").write_text(PROGRAM)
    folder.pulumi("stack", "init", "dev").good()
    folder.pulumi("config", "set", "--secret", "empty", " ", "--stack", "dev").good()
    folder.pulumi("config", "set", "--secret", "image", "docker://s3cr3t", "--stack", "dev").good()
    return folder


def test_all_is_told_at_once(project: Folder) -> None:
    said = project.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    assert said.code != 0
    for sentence in (
        "cluster east: kubeconfig: it is empty.",
        "cluster west: kubeconfig: it is empty.",
        "did you mean 'organization'?",
        "priority: expected a whole number, got a text.",
        "image: A module URL that Istio refuses (the value is secret and not shown).",
        "gone: definition: the definition of an extension or of a pull secret was expected, and nothing was given.",
        "phase: 'AUTHX' is not one of",
        "workload_selector.labels: the selector has no labels",
        "Nothing is created for acl (1 error), cluster east (1 error), cluster west (1 error), gone (1 error), mixed",
    ):
        assert sentence in said.text, said.text
    assert "Traceback" not in said.text
    assert "s3cr3t" not in said.text
    resources = project.pulumi("stack", "--show-urns", "--stack", "dev").good().text
    assert "kubernetes:extensions.istio.io" not in resources, "nothing went through the environment's kubeconfig"


FAILING = """
import pulumi
import mesh_wasm_pulumi as wasm


def missing(known):
    return known["missing"]


circle = {"mode": "enforce"}
circle["self"] = circle
good = {"organization": "acme", "image": "oci://registry.acme.io/good:1"}
BODY
"""
BODIES = {
    "a circle": ('wasm.WasmExtension("acl", {**good, "config": circle})', "config.self: the value contains itself"),
    "two of one name": (
        'wasm.WasmExtension("acl", good)\nwasm.WasmExtension("acl", good)',
        "the program declares the WasmExtension acl at __main__.py:13, and again at __main__.py:14.",
    ),
    "an error after a finding": (
        'wasm.WasmExtension("acl", {**good, "phase": "AUTHX"})\nmissing({})',
        'in missing\n        return known["missing"]',
    ),
    "an error in an apply": (
        'wasm.WasmExtension("acl", {**good, "config": {"x": pulumi.Output.from_input({}).apply(missing)}})',
        'in missing\n        return known["missing"]',
    ),
}


@pytest.mark.parametrize(("body", "sentence"), BODIES.values(), ids=BODIES)
def test_what_the_program_does_wrong_itself(body: str, sentence: str, tmp_path: Path) -> None:
    """Its own line is told, and none of ours; what the SDK itself shows, of its own lines, is not in our hands."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: refusals\nruntime: python\n")
    (source / "__main__.py").write_text(FAILING.replace("BODY", body))
    folder = Folder(tmp_path / "run", source)
    folder.pulumi("stack", "init", "dev").good()
    said = folder.pulumi("preview", "--stack", "dev")
    assert said.code != 0
    assert sentence in said.text, said.text
    assert "mesh_wasm_pulumi/" not in said.text, said.text
    assert "KeyboardInterrupt" not in said.text
    assert ("AUTHX" in body) == ("MW104" in said.text)
