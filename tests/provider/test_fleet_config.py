"""One program, many stacks: the fleet of the configuration, and what of it a stack owns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.golden import ROOT
from support.programs import errors, extension_args, gateway_args, group_args, plugins, secrets

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.config import OwnedFleet, read_fleet
from mesh_wasm.fleet.config_schema import fleet_schema
from mesh_wasm_pulumi.offline.run import Run, run_program

CLUSTERS = {
    "east": {"labels": {"env": "prod"}, "namespaces": ["edge", "shop", "pay"]},
    "west": {"labels": {"env": "canary"}, "namespaces": ["edge", "shop"]},
    "north": {"labels": {"env": "prod"}, "namespaces": ["edge"]},
}


def read(document: Any, stack: str = "dev", folder: Path = ROOT) -> tuple[OwnedFleet, tuple[Finding, ...]]:
    return read_fleet(document, stack, folder)


@pytest.mark.parametrize(
    ("told", "owned"),
    [
        pytest.param({}, ["east", "north", "west"], id="all"),
        pytest.param({"owns": {}}, ["east", "north", "west"], id="all, said"),
        pytest.param({"owns": {"names": ["east"]}}, ["east"], id="one cluster"),
        pytest.param({"owns": {"labels": {"env": "prod"}}}, ["east", "north"], id="a label selection"),
        pytest.param({"owns": {"labels": {"env": "prod"}, "names": ["east", "west"]}}, ["east"], id="both"),
        pytest.param(
            {"stacks": {"dev": {"labels": {"env": "canary"}}, "prod": {"labels": {"env": "prod"}}}}, ["west"], id="stacks"
        ),
    ],
)  # fmt: skip
def test_stack_owns_what_it_selects(told: dict[str, Any], owned: list[str]) -> None:
    found, findings = read({"clusters": CLUSTERS, **told})
    assert findings == ()
    assert sorted(found.owned) == owned
    assert found.fleet.names == ["east", "west", "north"], "the facts of all clusters are known in every stack"


@pytest.mark.parametrize(
    ("document", "rule", "path"),
    [
        pytest.param({}, "MW101", ("inventory",), id="neither inventory nor clusters"),
        pytest.param({"inventory": "x", "clusters": CLUSTERS}, "MW101", ("inventory",), id="both"),
        pytest.param({"inventory": "missing.yaml"}, "MW101", ("inventory",), id="no such file"),
        pytest.param({"clusters": CLUSTERS, "own": {}}, "MW102", ("own",), id="a misspelt field"),
        pytest.param({"clusters": CLUSTERS, "owns": {"label": {}}}, "MW102", ("owns", "label"), id="a misspelt selection"),
        pytest.param({"clusters": CLUSTERS, "owns": "east"}, "MW103", ("owns",), id="a text for a selection"),
        pytest.param({"clusters": {"east": {"revision": 1.27}}}, "MW103", ("clusters", "east", "revision"), id="a fact"),
        pytest.param({"clusters": CLUSTERS, "owns": {"names": ["eest"]}}, "MW503", ("owns", "names", 0), id="not there"),
        pytest.param({"clusters": CLUSTERS, "owns": {"labels": {"env": "x"}}}, "MW504", ("owns", "labels"), id="no cluster"),
        pytest.param({"clusters": CLUSTERS, "stacks": {"prod": {}}}, "MW504", ("stacks",), id="a stack that is not listed"),
        pytest.param({"clusters": CLUSTERS, "owns": {}, "stacks": {"dev": {}}}, "MW102", ("owns",), id="owns and stacks"),
        pytest.param(
            {"clusters": CLUSTERS, "stacks": {"dev": {"labels": {"env": "prod"}}, "two": {"names": ["east", "west"]}}},
            "MW532", ("stacks", "two"), id="two owners",
        ),
        pytest.param([], "MW103", (), id="no object"),
    ],
)  # fmt: skip
def test_bad_configuration_is_an_error(document: Any, rule: str, path: tuple[Any, ...]) -> None:
    _, findings = read(document)
    assert (rule, path) in [(finding.rule, finding.path) for finding in findings if finding.is_error], findings


def test_two_owners_are_seen_from_the_inventory_alone_and_named() -> None:
    stacks = {"dev": {"labels": {"env": "prod"}}, "two": {"names": ["north", "west"]}}
    _, findings = read({"clusters": CLUSTERS, "stacks": stacks})
    (finding,) = findings
    assert (finding.rule, finding.cluster) == ("MW532", "north")
    assert "dev and two" in finding.message


def test_cluster_without_owner_is_a_warning() -> None:
    _, findings = read({"clusters": CLUSTERS, "stacks": {"dev": {"labels": {"env": "prod"}}}})
    assert [(f.rule, f.cluster, f.is_error) for f in findings] == [("MW533", "west", False)]


def test_inventory_file_is_found_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "clusters.yaml").write_text(json.dumps({"clusters": CLUSTERS}))
    found, findings = read({"inventory": "clusters.yaml", "owns": {"names": ["west"]}}, folder=tmp_path)
    assert findings == ()
    assert found.owned == {"west"}


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"clusters": CLUSTERS}, True),
        ({"inventory": "clusters.yaml", "stacks": {"a": {"names": ["east"]}, "b": {}}, "renderTo": "out"}, True),
        ({"inventory": "clusters.yaml", "owns": {"labels": {"env": "prod"}}, "contexts": {"east": "e"}}, True),
        ({}, False),
        ({"clusters": CLUSTERS, "inventory": "x"}, False),
        ({"clusters": CLUSTERS, "owns": {}, "stacks": {}}, False),
        ({"clusters": CLUSTERS, "own": {}}, False),
        ({"clusters": {"east": {"label": {}}}}, False),
    ],
)
def test_schema_says_what_the_reader_says(document: Any, valid: bool) -> None:
    assert jsonschema.Draft202012Validator(fleet_schema()).is_valid(document) is valid


def test_schema_file_is_generated() -> None:
    text = (ROOT / "docs" / "fleet-config.schema.json").read_text()
    assert json.loads(text) == fleet_schema(), (
        "run: python -m mesh_wasm.fleet.config_schema > docs/fleet-config.schema.json"
    )


# In a program


def run_stack(stack: str, told: dict[str, Any], **config: str) -> Run:
    fleet = {"clusters": CLUSTERS, "renderTo": "rendered", **told}
    values = {"shop:fleet": json.dumps(fleet), **{f"shop:{key}": value for key, value in config.items()}}
    secret_keys = tuple(key for key in values if "kubeconfig" in key)
    return run_program(program, project="shop", stack=stack, config=values, secret_keys=secret_keys)


def program() -> None:
    fleet = wasm.Fleet.from_config()
    registry = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "hunter2"})
    acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
    wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet, clusters=None))
    wasm.SecurityGroupAttachment("services", group_args(acl, fleet, namespace_selector=["*/shop", "east/pay"]))


def written(run: Run) -> set[tuple[str, str]]:
    return {
        (one.provider.split("::")[-2], one.inputs["metadata"]["namespace"]) for one in [*plugins(run), *secrets(run)]
    }


EVERYWHERE = {
    ("east", "edge"), ("east", "shop"), ("east", "pay"), ("west", "edge"), ("west", "shop"), ("north", "edge"),
}  # fmt: skip
STACKS = {"canary": {"labels": {"env": "canary"}}, "east": {"names": ["east"]}, "north": {"names": ["north"]}}


def test_stack_that_owns_all_writes_everywhere() -> None:
    run = run_stack("dev", {})
    assert run.failure is None
    assert written(run) == EVERYWHERE


@pytest.mark.parametrize(("stack", "clusters"), [("canary", {"west"}), ("east", {"east"}), ("north", {"north"})])
def test_same_program_writes_each_stacks_own_part(stack: str, clusters: set[str]) -> None:
    """The east/pay entry names a cluster of another stack: no error there, and nothing written."""
    run = run_stack(stack, {"stacks": STACKS})
    assert run.failure is None, run.failure
    assert written(run) == {place for place in EVERYWHERE if place[0] in clusters}
    assert {one.name for one in run.monitor.resources.values() if one.type == "pulumi:providers:kubernetes"} == clusters


def test_parts_make_up_the_whole() -> None:
    whole = {one.urn.split("::")[-1]: one.inputs for one in plugins(run_stack("dev", {}))}
    parts = {
        one.urn.split("::")[-1]: one.inputs for stack in STACKS for one in plugins(run_stack(stack, {"stacks": STACKS}))
    }
    assert parts == whole


def test_kubeconfig_of_the_configuration_is_a_secret_of_the_provider() -> None:
    kubeconfig = json.dumps(
        {"apiVersion": "v1", "kind": "Config", "contexts": [{"name": "prod-east"}, {"name": "west"}]}
    )
    told = {"owns": {"names": ["east", "west"]}, "contexts": {"east": "prod-east"}}
    run = run_stack("dev", told, **{"kubeconfig": kubeconfig, "kubeconfig-west": kubeconfig})
    assert run.failure is None, run.failure
    providers = [one for one in run.monitor.resources.values() if one.type == "pulumi:providers:kubernetes"]
    assert {one.name: one.inputs["context"] for one in providers} == {"east": "prod-east", "west": "west"}
    assert all(isinstance(one.inputs["kubeconfig"], dict) for one in providers), "marked as secret"


def test_owned_cluster_without_access_is_an_error_and_another_stacks_is_not() -> None:
    run = run_stack("dev", {"renderTo": None, "owns": {"names": ["east"]}})
    assert run.failure is not None
    assert "shop:fleet: cluster east: it has no kubeconfig." in run.failure
    assert "west" not in run.failure
    assert "shop:kubeconfig-east" in run.failure


def test_missing_configuration_is_an_error_with_a_remedy() -> None:
    run = run_program(program, project="shop")
    assert run.failure is not None
    assert "shop:fleet: " in run.failure
    assert "there is no fleet in it" in run.failure
    assert "docs/fleet-config.schema.json" in run.failure
    assert "Traceback" not in run.failure


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "it is no JSON"), ("missing.yaml", "missing.yaml"), ("", "")],
)
def test_unreadable_configuration_is_an_error(text: str, says: str) -> None:
    run = run_program(program, project="shop", config={"shop:fleet": text})
    assert run.failure is not None
    assert says in run.failure
    assert "Traceback" not in run.failure


def test_configuration_may_be_the_path_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fleet.yaml").write_text(json.dumps({"clusters": CLUSTERS, "renderTo": "rendered", "stacks": STACKS}))
    monkeypatch.chdir(tmp_path)
    run = run_program(program, project="shop", stack="north", config={"shop:fleet": "fleet.yaml"})
    assert run.failure is None, run.failure
    assert written(run) == {("north", "edge")}


@pytest.mark.parametrize(
    ("told", "paths"),
    [
        pytest.param(
            {"clusters": {"east": {"istioVersion": "x"}, "we st": {}}, "owns": {"names": ["a"]}, "renderTo": None},
            [("clusters", "east", "istioVersion"), ("clusters", "we st")],
            id="of the clusters; what a selection takes of half a fleet is not told",
        ),
        pytest.param(
            {"clusters": {"east": {"labels": 1}}, "owns": {"label": {}}, "context": {}, "renderTo": None},
            [("clusters", "east", "labels"), ("context",), ("owns", "label")],
            id="of the clusters and of the fields beside them",
        ),
        pytest.param(
            {"clusters": {"east": {"labels": 1}}, "stacks": {"dev": "east"}},
            [("clusters", "east", "labels"), ("stacks", "dev")],
            id="no other stack is asked for where the own one cannot be read",
        ),
        pytest.param(
            {"clusters": {"east": {"labels": 1}}, "stacks": {"prod": {}}},
            [("clusters", "east", "labels"), ("stacks",)],
            id="of the clusters and of the stacks",
        ),
        pytest.param({"clusters": None, "inventry": "x"}, [("inventry",)], id="a misspelt field is not missed as well"),
        pytest.param({"clusters": 7, "contexts": 7}, [("clusters",), ("contexts",)], id="nor is a refused one"),
        pytest.param(
            {"renderTo": None, "contexts": {"eest": "x"}, "owns": {"names": ["east"]}},
            [(), ("contexts", "eest")],
            id="of the contexts and of the access",
        ),
    ],
)
def test_all_problems_of_the_configuration_are_told_at_once(told: dict[str, Any], paths: list[Any]) -> None:
    run = run_stack("dev", told)
    assert run.failure is not None
    assert sorted(one.path for one in errors(run)) == paths
    assert run.failure.count("shop:fleet:") == len(paths)
