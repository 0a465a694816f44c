"""Numbers that a catalogue holds, on a real engine and API server: who is added to a tie changes no other object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from mesh.cluster import Cluster

from mesh_wasm_pulumi.cli import main

from .conftest import MakeStack
from .folder import Folder
from .languages import LANGUAGES, Language
from .stack import PLUGIN, Stack

pytestmark = pytest.mark.engine

FILE = "mesh-wasm.catalogue.yaml"
FQN = "organizations/acme/extensions/"


@pytest.fixture
def stack(make_stack: MakeStack, two_clusters: tuple[Cluster, Cluster]) -> Stack:
    stack = make_stack(two_clusters[0], program="ordering.py")
    stack.want(extensions=["acl", "header", "quota"])
    return stack


def objects(stack: Stack) -> dict[str, tuple[int, int, str]]:
    """Priority, generation and uid of each plugin in the cluster, by extension."""
    (cluster,) = stack.clusters.values()
    found = cluster.api.list("extensions.istio.io/v1alpha1", "WasmPlugin", stack.wanted["namespaces"][0])
    return {
        item["metadata"]["annotations"]["mesh-wasm/extension"].removeprefix(FQN): (
            item["spec"]["priority"],
            item["metadata"]["generation"],
            item["metadata"]["uid"],
        )
        for item in found
    }


def catalogue(stack: Stack, *options: str) -> Result:
    """The command, on the folder of the program."""
    return CliRunner().invoke(main, ["catalogue", str(stack.folder / "program"), *options])


def test_who_is_added_to_a_tie_changes_no_other_plugin(stack: Stack) -> None:
    done = catalogue(stack)
    assert done.exit_code == 0, done.output
    stack.up().good()
    before = objects(stack)
    assert {name: priority for name, (priority, _, _) in before.items()} == {"acl": 20, "header": 0, "quota": -20}

    stack.want(extensions=["acl", "bbb", "header", "quota"])
    assert catalogue(stack, "--check").exit_code == 1
    preview = stack.preview().good()
    assert {op: len(names) for op, names in preview.steps(PLUGIN).items()} == {"create": 1}
    assert f"none for {FQN}bbb" in preview.diagnostics
    assert catalogue(stack).exit_code == 0
    up = stack.up().good()
    assert {op: len(names) for op, names in up.steps(PLUGIN).items()} == {"create": 1}
    assert f"none for {FQN}bbb" not in up.diagnostics
    after = objects(stack)
    assert after.pop("bbb")[0] == 10
    assert after == before, "same numbers, generations and objects"
    assert stack.preview("--expect-no-changes").good().changes == {}


def test_where_no_number_is_left_it_is_told_who_moves(stack: Stack) -> None:
    assert catalogue(stack, "--as-written").exit_code == 0
    stack.up().good()
    before = objects(stack)
    assert {name: priority for name, (priority, _, _) in before.items()} == {"acl": 1, "header": 0, "quota": -1}

    stack.want(extensions=["acl", "bbb", "header", "quota"])
    preview = stack.preview().good()
    assert {op: len(names) for op, names in preview.steps(PLUGIN).items()} == {"create": 1}
    said = f"the catalogue holds the numbers of the neighbours of {FQN}bbb, and none is left between them"
    assert said in preview.diagnostics
    done = catalogue(stack)
    assert f"{FQN}acl: 1 -> 40 (moved: no number was left for one beside it)" in done.stdout
    assert yaml.safe_load((stack.folder / "program" / FILE).read_text())[0]["written"] == 40
    up = stack.up().good()
    assert {op: len(names) for op, names in up.steps(PLUGIN).items()} == {"create": 1, "update": 1}
    assert said not in up.diagnostics
    after = objects(stack)
    assert (after["acl"][0], after["bbb"][0]) == (40, 20)
    assert after["acl"][2] == before["acl"][2], "it is updated, not made anew"
    assert {name: after[name] for name in ("header", "quota")} == {name: before[name] for name in ("header", "quota")}


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_a_program_in_another_language_writes_what_the_catalogue_holds(language: Language, tmp_path: Path) -> None:
    """The file is beside Pulumi.yaml; the provider runs in a process of its own."""
    folder = language.folder(tmp_path)
    language.add(folder, "zoo")
    held = [{"fqn": FQN + name, "phase": "AUTHZ", "priority": 10} for name in ("acl-check", "zoo")]
    (folder.path / FILE).write_text(yaml.safe_dump(held))
    assert CliRunner().invoke(main, ["catalogue", "--out", str(folder.path / FILE)]).exit_code == 0
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert priorities(folder) == {"acl-check": 10, "zoo": -10}

    language.add(folder, "bbb")
    said = folder.pulumi("preview", "--json").good().text
    steps = json.loads(said[said.index("{") :])["steps"]
    changed = {(step["op"], step["urn"].rpartition("::")[2]) for step in steps if step["op"] != "same"}
    assert changed == {("create", "bbb"), ("create", "shop-edge-east-bbb"), ("update", "shop-edge")}
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert priorities(folder) == {"acl-check": 10, "bbb": 0, "zoo": -10}


def priorities(folder: Folder) -> dict[str, int]:
    """What is written on the gateway, by extension."""
    found = [
        yaml.safe_load(path.read_text()) for path in (folder.path / "rendered" / "east").rglob("*wasmplugin-edge*")
    ]
    return {
        one["metadata"]["annotations"]["mesh-wasm/extension"].removeprefix(FQN): one["spec"]["priority"]
        for one in found
    }
