"""The example pack on a real engine: what it stops, what it mends, and what it leaves to the update."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACK = ROOT / "examples" / "policy-pack"
PROGRAM = """
import json, pathlib, pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource

east = pulumi.ResourceOptions(provider=k8s.Provider("east", render_yaml_to_directory="rendered"))
settings = k8s.core.v1.ConfigMap("settings", metadata={"namespace": "edge"}, opts=east)
spec = json.loads(pathlib.Path("spec.json").read_text())
if spec.pop("late", False):
    spec["url"] = settings.id.apply(lambda _: "oci://registry.example.com/acl:1")
metadata = {"name": "raw", "namespace": "edge", "annotations": spec.pop("annotations", {})}
for one in spec.pop("beside", []):
    CustomResource(one["kind"].lower(), api_version=one["apiVersion"], kind=one["kind"],
                   metadata={"name": "public", "namespace": "edge"}, spec=one["spec"], opts=east)
CustomResource("raw", api_version="extensions.istio.io/v1alpha1", kind="WasmPlugin",
               metadata=metadata, spec=spec, opts=east)
"""
SPEC = {"selector": {"matchLabels": {"app": "shop"}}, "priority": 10}

pytestmark = pytest.mark.engine


class Stack:
    """A stack whose program declares one raw WasmPlugin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        options = {"toolchain": "pip", "virtualenv": sys.prefix} if sys.prefix != sys.base_prefix else {}
        project = {"name": "policies", "runtime": {"name": "python", "options": options}}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        (folder / "__main__.py").write_text(PROGRAM)
        self._run("stack", "init", "dev")

    def run(self, verb: str, spec: dict[str, Any], *options: str) -> tuple[int, str]:
        """`pulumi preview` or `pulumi up` with the pack: exit code, and everything that was said."""
        (self.folder / "spec.json").write_text(json.dumps({**SPEC, **spec}))
        yes = ["--yes"] if verb == "up" else []
        done = self._run(verb, *yes, "--stack", "dev", "--color=never", "--policy-pack", str(PACK), *options)
        return done.returncode, done.stdout + done.stderr

    def rendered(self) -> dict[str, Any]:
        """The WasmPlugin as the provider rendered it."""
        (path,) = (self.folder / "rendered").rglob("*wasmplugin*.yaml")
        found: dict[str, Any] = yaml.safe_load(path.read_text())
        return found

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "sdk"), str(ROOT / "components")]),
        }
        command = ["pulumi", *words, "--non-interactive"]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=180, check=False
        )


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_a_mandatory_rule_stops_the_preview(stack: Stack) -> None:
    code, said = stack.run("preview", {"url": "registry:5000/acl:1"})
    assert code != 0
    assert "[mandatory]  MW113" in said
    assert "spec.url: " in said


def test_what_is_not_known_yet_is_decided_at_up(stack: Stack) -> None:
    code, said = stack.run("preview", {"late": True})
    assert code == 0
    assert "can't run policy 'MW113'" in said
    assert "decided at up" in said


def test_the_pack_mends_priority_and_scheme(stack: Stack) -> None:
    spec = {"url": "registry:5000/acl:1", "priority": None}
    code, said = stack.run("up", spec, "--policy-pack-config", str(PACK / "config.json"))
    assert code == 0, said
    assert "[remediate]  MW214" in said
    made = stack.rendered()["spec"]
    assert (made["url"], made["priority"]) == ("oci://registry:5000/acl:1", 0)


FRONT = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "spec": {"selector": {"app": "shop"}}}
SERVER = {"url": "oci://registry.example.com/acl:1", "match": [{"mode": "SERVER"}], "beside": [FRONT]}


def test_another_resource_of_the_stack_tells_that_it_is_a_gateway(stack: Stack) -> None:
    code, said = stack.run("preview", SERVER | {"beside": []})
    assert code == 0, said
    assert "MW201" not in said
    code, said = stack.run("preview", SERVER)
    assert code != 0
    assert "[mandatory]  MW201" in said
    assert (
        said.count("spec.match[0].mode: SERVER never matches on a gateway. Gateway edge/public selects these pods") == 1
    )
    waived = {"mesh-wasm/waive": "MW201 until 2999-12-31: agreed with the owners"}
    code, said = stack.run("up", SERVER | {"annotations": waived})
    assert code == 0, said
    assert "MW201" not in said
    assert stack.rendered()["spec"]["match"] == [{"mode": "SERVER"}]
