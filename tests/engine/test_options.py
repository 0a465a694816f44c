"""Resource options through components on a real engine: what the engine itself hands on to the children."""

from __future__ import annotations

from pathlib import Path

import pytest

from .folder import Folder

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

fleet = wasm.Fleet([
    wasm.Cluster("east", provider=k8s.Provider("east", render_yaml_to_directory="rendered/east"), namespaces=["edge"])
])
wasm.WasmPlugin(
    "old",
    {"metadata": {"name": "acl", "namespace": "edge"}, "fleet": fleet,
     "spec": {"url": "oci://registry.acme.io/acl:1", "priority": 1, "selector": {"match_labels": {"app": "shop"}}}},
    pulumi.ResourceOptions(),
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    """A stack with one plugin, which is up."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: manners\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM)
    folder = Folder(tmp_path / "run", source)
    folder.pulumi("stack", "init", "dev").good()
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert len(folder.rendered()) == 1
    return folder


def test_alias_of_a_component_takes_its_children_along(project: Folder) -> None:
    project.edit("__main__.py", '"old",', '"new",')
    renamed = project.pulumi("preview", "--expect-no-changes")
    assert renamed.code != 0, "without an alias it is another component"
    project.edit("__main__.py", "ResourceOptions()", 'ResourceOptions(aliases=[pulumi.Alias(name="old")])')
    said = project.pulumi("preview", "--diff").good()
    assert "to create" not in said.text
    assert "to delete" not in said.text
    assert "to replace" not in said.text
    project.pulumi("destroy", "--yes", "--skip-preview").good()
    assert project.rendered() == set(), "what is not retained goes with the stack"


def test_what_MW812_says_of_a_pull_secret_is_what_the_engine_does(project: Folder) -> None:
    login = '{"registry": "registry.acme.io", "username": "u", "password": "p"}'
    declared = f'registry = wasm.PullSecret("registry", {login}, pulumi.ResourceOptions())\nwasm.WasmPlugin('
    project.edit("__main__.py", "wasm.WasmPlugin(", declared)
    project.edit("__main__.py", '"fleet": fleet,', '"fleet": fleet, "pull_secret": registry,')
    project.edit("__main__.py", "    pulumi.ResourceOptions(),", "    pulumi.ResourceOptions(retain_on_delete=True),")
    assert "[MW812]" in project.pulumi("up", "--yes", "--skip-preview").good().text
    project.pulumi("destroy", "--yes", "--skip-preview").good()
    (plugin,) = project.rendered()
    assert "wasmplugin" in plugin, "the Secret is gone"

    project.edit("__main__.py", "pulumi.ResourceOptions())", "pulumi.ResourceOptions(retain_on_delete=True))")
    assert "MW812" not in project.pulumi("up", "--yes", "--skip-preview").good().text
    project.edit("__main__.py", '"password": "p"', '"password": "new"')
    project.pulumi("up", "--yes", "--skip-preview").good()
    project.pulumi("destroy", "--yes", "--skip-preview").good()
    left = sorted(project.rendered() - {plugin})
    assert len(left) == 2, "both stay, and the Secret of the old password as well: docs/pulumi.md says so"


def test_protect_and_retain_on_delete_of_a_component_reach_its_children(project: Folder) -> None:
    project.edit("__main__.py", "ResourceOptions()", "ResourceOptions(protect=True)")
    project.pulumi("up", "--yes", "--skip-preview").good()
    said = project.pulumi("destroy", "--yes", "--skip-preview")
    assert said.code != 0
    assert "protected" in said.text
    assert len(project.rendered()) == 1
    project.edit("__main__.py", "protect=True", "retain_on_delete=True")
    project.pulumi("up", "--yes", "--skip-preview").good()
    project.pulumi("destroy", "--yes", "--skip-preview").good()
    assert len(project.rendered()) == 1, "retained: the object outlives the stack"
