"""Every recipe of docs/ci.md is run as it stands there, on the files of a newcomer."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from .test_closing_lines import FLEET, PLUGIN, project

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
RECIPES = re.findall(r"<!-- recipe: (\w+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
PROGRAM = FLEET + (
    "reg = wasm.PullSecret('reg', {'registry': 'registry.acme.io', 'username': 'u', 'password': 'hunter2'})\n"
    "fleet = wasm.Fleet(clusters())\n"
    "plugin('a', {'mode': 'enforce'}, fleet=fleet, pull_secret=reg)\n"
    "acl = wasm.WasmExtension('acl', {'organization': 'acme', 'priority': 5, 'pull_secret': reg,"
    " 'image': 'oci://registry.acme.io/acl:1.0'})\n"
    "wasm.SecurityGroupAttachment('services', {'group': 'organizations/acme/tenants/t/workspaces/w/securitygroups/g',"
    " 'namespace_selector': ['*/edge'], 'extensions': [{'extension': acl}], 'fleet': fleet})\n"
)
INVENTORY = 'clusters:\n  east: {namespaces: [edge], istioVersion: "1.27"}\n'


@pytest.fixture
def work(tmp_path: Path) -> Path:
    project(tmp_path, PROGRAM, "dev")
    (tmp_path / "mesh").mkdir()
    (tmp_path / "mesh" / "acl.yaml").write_text(PLUGIN.replace("PHASE", "AUTHZ"))
    (tmp_path / "clusters.yaml").write_text(INVENTORY)
    return tmp_path


def shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["sh", "-e", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def recipes(*names: str) -> list[str]:
    return [text for name, text in RECIPES if name in names]


def test_there_are_recipes_of_each_kind() -> None:
    assert {name for name, _ in RECIPES} == {"lint", "program", "diff", "gitops"}


@pytest.mark.parametrize("text", recipes("lint", "program"))
def test_a_recipe_passes_what_is_good_and_fails_what_is_bad(text: str, work: Path) -> None:
    good = shell(text, work)
    assert good.returncode == 0, good.stdout + good.stderr
    (work / "mesh" / "acl.yaml").write_text(PLUGIN.replace("PHASE", "AUTHX"))
    (work / "__main__.py").write_text(PROGRAM.replace("'url': ", "'uri': ").replace('"url": ', '"uri": '))
    bad = shell(text, work)
    assert bad.returncode == 1, bad.stdout + bad.stderr


def test_the_comment_of_a_pull_request(work: Path) -> None:
    before, after = recipes("diff")
    assert shell(before, work).returncode == 0
    (work / "__main__.py").write_text(PROGRAM.replace("enforce", "audit"))
    result = shell(after, work)
    assert result.returncode == 0, result.stderr
    comment = (work / "comment.md").read_text()
    assert "configuration: 1 value changed (not shown): mode" in comment
    assert "audit" not in comment


def test_our_own_output_passes_our_own_lint(work: Path) -> None:
    (text,) = recipes("gitops")
    write, lint, differ = text.strip().splitlines()
    assert shell(write, work).returncode == 0
    said = shell(lint, work)
    assert said.returncode == 0, said.stdout
    assert "0 errors, 0 warnings" in said.stdout, said.stdout
    commit = "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm x"
    assert shell(f"{commit} && {text}", work).returncode == 0
    (work / "__main__.py").write_text(PROGRAM.replace("enforce", "audit"))
    assert shell(text, work).returncode == 1
    assert shell(differ, work).returncode == 1


def test_the_workflow_is_yaml_and_runs_the_commands_of_this_page() -> None:
    (block,) = re.findall(r"```yaml\n(name: mesh.*?)```", PAGE, re.DOTALL)
    steps = yaml.safe_load(block)["jobs"]["lint"]["steps"]
    commands = [step["run"].removesuffix(" || true") for step in steps if "mesh-wasm lint" in step.get("run", "")]
    assert set(commands) <= {text.strip() for _, text in RECIPES}
    assert len(commands) == 2
