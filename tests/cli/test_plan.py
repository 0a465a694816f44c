"""``mesh-wasm plan``: exit codes, formats, configuration, secrets."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

config = pulumi.Config()
fleet = wasm.Fleet([wasm.Cluster("east", provider=k8s.Provider("kube"), namespaces=["edge"])])
registry = wasm.PullSecret(
    "registry", {"registry": "r.io", "username": "u", "password": config.require_secret("password")}
)
acl = wasm.WasmExtension(
    "acl",
    {
        "organization": config.require("organization"),
        "image": config.get("image") or "oci://r.io/filters/acl:1.0",
        "config": {"token": config.require_secret("token"), "limits": config.require_object("limits")},
        "pull_secret": registry,
    },
)
wasm.IngressGatewayAttachment(
    "shop",
    {
        "gateway": "organizations/acme/tenants/t/workspaces/w/gatewaygroups/g/ingressgateways/shop",
        "workload_selector": {"namespace": "edge", "labels": {"app": "gw"}},
        "extensions": [{"extension": acl}],
        "fleet": fleet,
    },
)
print("chatter of the program")
"""
MANIFEST = "name: shop\nruntime: {name: python}\nconfig:\n  organization: {default: acme}\n"
SETTINGS = {
    "config": {
        "shop:password": {"secure": "v1:abc:def"},
        "shop:token": {"secure": "v1:abc:xyz"},
        "shop:limits": {"max": 3, "Keep_this": [1, 2.5]},
    }
}


def project(folder: Path, program: str = PROGRAM, settings: dict[str, Any] | None = None) -> Path:
    (folder / "Pulumi.yaml").write_text(MANIFEST)
    (folder / "__main__.py").write_text(textwrap.dedent(program))
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings or SETTINGS))
    return folder


def plan(*args: object) -> Result:
    return CliRunner().invoke(main, ["plan", *map(str, args)], prog_name="mesh-wasm")


def test_the_first_line_says_what_it_is(tmp_path: Path) -> None:
    result = plan(project(tmp_path))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("Offline plan:")
    assert "chatter" not in result.stdout
    assert "chatter" in result.stderr


def test_secrets_stay_deferred_and_hidden(tmp_path: Path) -> None:
    result = plan(project(tmp_path), "--format", "json", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    objects = {entry["manifest"]["kind"]: entry for entry in document["clusters"]["east"]}
    assert objects["WasmPlugin"]["secret"] == ["spec.pluginConfig.token"]
    # The Secret's name bears a mark of its content, which nobody can decrypt here.
    assert objects["WasmPlugin"]["unknown"] == ["spec.imagePullSecret"]
    assert objects["WasmPlugin"]["manifest"]["spec"]["pluginConfig"]["limits"] == {"max": 3, "Keep_this": [1, 2.5]}
    written = (tmp_path / "out" / "east" / "edge").iterdir()
    assert {path.name.split("-")[0] for path in written} == {"Secret", "WasmPlugin"}
    everything = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.yaml"))
    assert "stringData" not in everything
    assert "secret" in everything, "the note says that the values are left out"


def test_a_config_value_is_checked(tmp_path: Path) -> None:
    settings = {"config": {**SETTINGS["config"], "shop:image": "docker.io/x"}}
    result = plan(project(tmp_path, settings=settings), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "error: acl: image: 'docker.io/x' does not begin with oci://" in result.stdout
    assert not (tmp_path / "out").exists(), "nothing is written when there are errors"


def test_a_missing_config_value_is_a_sentence(tmp_path: Path) -> None:
    result = plan(project(tmp_path, settings={"config": {}}))
    assert result.exit_code == 1
    assert "Missing required configuration variable 'shop:password'" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_bug_in_the_program_shows_its_own_frames_only(tmp_path: Path) -> None:
    result = plan(project(tmp_path, "def f():\n    return 1 / 0\nf()\n"))
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stdout
    assert "__main__.py" in result.stdout
    assert "asyncio" not in result.stdout


def test_an_object_without_a_provider_is_an_error(tmp_path: Path) -> None:
    program = (
        "from pulumi_kubernetes.core.v1 import ConfigMap\nConfigMap('x', metadata={'name': 'x', 'namespace': 'n'})\n"
    )
    result = plan(project(tmp_path, program))
    assert result.exit_code == 1
    assert "has no explicit provider" in result.stdout


HEAD = "name: x\nruntime: python\nmain: .\n"
BROKEN = [
    ("no project", {}, "holds no Pulumi.yaml"),
    ("no python", {"Pulumi.yaml": "name: x\nruntime: nodejs\n"}, "only Python programs"),
    ("no name", {"Pulumi.yaml": "runtime: python\n"}, "has no name"),
    ("no program", {"Pulumi.yaml": "name: x\nruntime: python\n"}, "holds no __main__.py"),
    ("bad yaml", {"Pulumi.yaml": "name: [\n"}, "cannot be read"),
    ("no object", {"Pulumi.yaml": "- 1\n"}, "is not a YAML object"),
    ("config that is a number", {"Pulumi.yaml": f"{HEAD}config: 5\n"}, "Pulumi.yaml: config is a number; write"),
    ("config that is a list", {"Pulumi.yaml": f"{HEAD}config: [1]\n"}, "Pulumi.yaml: config is a list; write"),
    ("a key that is no text", {"Pulumi.yaml": f"{HEAD}config: {{3: {{default: 4}}}}\n"}, "the key 3, which is no text"),
    ("settings: a number", {"Pulumi.yaml": HEAD, "Pulumi.dev.yaml": "config: 5\n"}, "dev.yaml: config is a number"),
    ("settings: a list", {"Pulumi.yaml": HEAD, "Pulumi.dev.yaml": "config: [a]\n"}, "dev.yaml: config is a list"),
    ("settings: a key", {"Pulumi.yaml": HEAD, "Pulumi.dev.yaml": "config: {3: 4}\n"}, "the key 3, which is no text"),
    ("bad main", {"Pulumi.yaml": "name: x\nruntime: python\nmain: nowhere\n"}, "does not exist"),
]


@pytest.mark.parametrize(("files", "sentence"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_is_no_project(files: dict[str, str], sentence: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = plan(tmp_path)
    assert result.exit_code == 2
    assert sentence in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output
