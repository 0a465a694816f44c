"""The last lines of a command: they add up, and nothing hides an error."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

PROJECT = "name: shop\nruntime: python\n"
FLEET = """\
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

def clusters(**facts):
    return [wasm.Cluster(n, provider=k8s.Provider(n, context=n), namespaces=["edge"], **facts) for n in ("east", "west")]

def plugin(name, config, **args):
    spec = {"url": "oci://registry.acme.io/acl:1", "priority": 1, "plugin_config": config}
    spec["selector"] = {"match_labels": {"app": name}}
    wasm.WasmPlugin(name, {"metadata": {"name": "acl", "namespace": "edge"}, "spec": spec, **args})

"""
PLUGIN = """\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: acl, namespace: edge}
spec: {url: "oci://registry.example.com/acl:1", priority: 1, phase: PHASE, selector: {matchLabels: {app: gw}}}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def project(folder: Path, program: str, *stacks: str) -> Path:
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(program)
    for stack in stacks:
        (folder / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return folder


def test_a_failed_program_counts_as_an_error(tmp_path: Path) -> None:
    result = run("plan", project(tmp_path, "raise ValueError('out of paper')"))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "1 error, 0 warnings, 0 info"
    assert "error: the program failed: " in result.stdout


def test_the_heaviest_findings_come_last(tmp_path: Path) -> None:
    program = (
        FLEET + "f = wasm.Fleet(clusters())\nplugin('a', {}, fleet=f)\nplugin('b', {}, fleet=f, waivers=['MW1'])\n"
    )
    lines = run("plan", project(tmp_path, program)).stdout.splitlines()
    ranks = [
        ("info", "warning", "error").index(line.split(":")[0])
        for line in lines
        if line.split(":")[0] in ("info", "warning", "error")
    ]
    assert ranks == sorted(ranks)
    assert ranks[-1] == 2
    assert ranks[0] < 2
    assert lines[-1].startswith(f"{ranks.count(2)} error")


def test_an_unknown_stack_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    folder = project(tmp_path, FLEET, "dev", "prod")
    for command in ("plan", "explain"):
        result = run(command, folder, "--stack", "Prod")
        assert result.exit_code == 2
        assert "has no Pulumi.Prod.yaml; its stacks are dev, prod; did you mean prod?" in result.stderr
    assert run("plan", folder, "--stack", "prod").exit_code == 0


def test_a_project_without_any_stack_file_has_any_stack(tmp_path: Path) -> None:
    assert run("plan", project(tmp_path, FLEET), "--stack", "whatever").exit_code == 0


def test_a_missing_file_has_no_line_and_is_an_error(tmp_path: Path) -> None:
    result = run("lint", tmp_path / "nope.yaml")
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        f"{tmp_path / 'nope.yaml'}: error MW100: there is no such file or folder.",
        "    Name one that exists.",
        "1 error, 0 warnings, 0 info in 0 documents read, 0 of other kinds passed over; 1 file could not be read.",
    ]
    told = json.loads(run("lint", tmp_path / "nope.yaml", "--format", "json").stdout)
    assert told["findings"][0]["line"] is None
    sarif = json.loads(run("lint", tmp_path / "nope.yaml", "--format", "sarif").stdout)
    assert "region" not in sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert ",line=" not in run("lint", tmp_path / "nope.yaml", "--format", "github").stdout


def test_lint_says_errors_last(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PLUGIN.replace("PHASE", "AUTHX"))
    (tmp_path / "b.yaml").write_text(PLUGIN.replace("PHASE", "AUTHN").replace("acl,", "other,"))
    (tmp_path / "c.yaml").write_text("kind: WasmPlugin\nspec: [\n")
    lines = [line for line in run("lint", tmp_path).stdout.splitlines() if not line.startswith("    ")]
    told = [line.split(": ")[1].split()[0] for line in lines[:-1]]
    assert told == sorted(told, key=["info", "warning", "error"].index)
    assert told.count("error") == 2
    assert lines[-1].startswith("2 errors, ")


@pytest.mark.parametrize(("phase", "code"), [("AUTHN", 0), ("AUTHX", 1)])
def test_explain_keeps_its_exit_codes_for_manifests(tmp_path: Path, phase: str, code: int) -> None:
    (tmp_path / "a.yaml").write_text(PLUGIN.replace("PHASE", phase))
    result = run("explain", tmp_path)
    assert result.exit_code == code
    first = result.stdout.splitlines()[0]
    assert first.startswith("error: WasmPlugin acl: 'AUTHX'") if code else not first.startswith("error")


def test_errors_of_a_program_stand_above_its_chains(tmp_path: Path) -> None:
    program = FLEET + "f = wasm.Fleet(clusters())\nplugin('a', {}, fleet=f)\nplugin('b', [], fleet=f)\n"
    lines = run("explain", project(tmp_path, program)).stdout.splitlines()
    assert lines[0].startswith("error: b: ")
    assert any(line == "1 error: what follows is as far as it goes." for line in lines)
    assert "shop" in lines


def test_a_value_that_differs_from_cluster_to_cluster_is_visible_in_a_plan(tmp_path: Path) -> None:
    program = FLEET + (
        "import pulumi\nf = wasm.Fleet(clusters())\n"
        "plugin('a', {'mode': pulumi.Output.secret('hunter2'), 'same': 1}, fleet=f, cluster_names=['east'])\n"
        "plugin('b', {'mode': pulumi.Output.secret('hunter3'), 'same': 1}, fleet=f, cluster_names=['west'])\n"
    )
    folder = project(tmp_path, program)
    result = run("plan", folder)
    assert "other values of mode in cluster west" in result.stdout
    assert "other values of mode in cluster east" in result.stdout
    assert "hunter" not in result.stdout
    saved = tmp_path / "before.json"
    assert run("explain", folder, "--format", "json", "--out", saved).exit_code == 0
    assert "hunter" not in saved.read_text()
    assert run("explain", folder, "--diff", saved).stdout.startswith("Nothing changes.\n")
    (folder / "__main__.py").write_text(program.replace("hunter3", "hunter4"))
    changed = run("explain", folder, "--diff", saved).stdout
    assert changed.splitlines()[0] == (
        "config: edge/acl (cluster west): configuration: 1 value changed (not shown): mode"
    )


def test_the_key_of_reports_is_made_once_and_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESH_WASM_REPORT_KEY")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "a.yaml").write_text(PLUGIN.replace("PHASE", "AUTHN"))
    first, second = (run("explain", tmp_path / "a.yaml", "--format", "json").stdout for _ in range(2))
    assert first == second
    kept = tmp_path / "state" / "mesh-wasm" / "report.key"
    assert os.stat(kept).st_mode & 0o777 == 0o600
    assert kept.read_text() not in first
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert "key" not in json.loads(run("explain", tmp_path / "a.yaml", "--format", "json").stdout)


def test_a_generated_folder_is_one_cluster_wherever_the_source_begins(tmp_path: Path) -> None:
    program = FLEET + "plugin('a', {}, fleet=wasm.Fleet(clusters()))\n"
    out = tmp_path / "out"
    assert run("plan", project(tmp_path, program), "--out", out).exit_code == 0
    for place in (out / "east", out / "east" / "edge", out / "east" / "edge" / "WasmPlugin-acl.yaml"):
        told = json.loads(run("explain", place, "--format", "json").stdout)
        assert [cluster["name"] for cluster in told["clusters"]] == ["east"]
        assert list(told["plugins"]) == ["east/edge/acl"]
