"""The command: what it reads, what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from support.golden import EXAMPLES

from mesh_wasm_pulumi.cli import main

DUMP = Path(__file__).parent / "gateway.json"
PROGRAM = """
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

fleet = wasm.Fleet([wasm.Cluster("east", provider=k8s.Provider("east", context="east"))])
wasm.WasmPlugin("cc", {
    "metadata": {"name": "cc", "namespace": "edge"},
    "spec": {"url": "oci://registry.acme.io/x:1", "phase": "AUTHN", "priority": PRIORITY},
    "fleet": fleet,
})
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["verify", *words])


def spec(name: str, priority: int) -> dict[str, Any]:
    return {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": name, "namespace": "edge"},
        "spec": {
            "url": _url(name),
            "phase": "AUTHN",
            "priority": priority,
            "pluginConfig": {"m": name[0]},
            **_env(name),
        },
    }


def _url(name: str) -> str:
    for section in json.loads(DUMP.read_text())["configs"]:
        for one in section.get("ecds_filters", ()):
            if f"edge.{name}~" in one["ecds_filter"]["name"]:
                return (
                    f"file://{one['ecds_filter']['typed_config']['config']['vm_config']['code']['local']['filename']}"
                )
    raise AssertionError(name)


def _env(name: str) -> dict[str, Any]:
    return {"vmConfig": {"env": [{"name": "A", "value": "two"}]}} if name == "bb" else {}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Manifests as `plan --out` writes them."""
    for name, priority in (("cc", 7), ("bb", 5)):
        place = tmp_path / "plan" / "east" / "edge"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"wasmplugin-{name}.yaml").write_text(yaml.safe_dump(spec(name, priority)))
    return tmp_path / "plan"


def test_all_is_as_planned(plan: Path) -> None:
    done = run(str(plan), "--proxy", str(DUMP))
    assert done.exit_code == 0, done.output
    assert "edge/cc  loaded" in done.output
    assert "edge/aa: runs here, and is not in the plan" in done.output
    assert "not seen: whether Envoy could start the modules" in done.output
    assert done.output.splitlines()[-1] == "1 proxy: 2 loaded"


def test_a_saved_plan_and_json(plan: Path, tmp_path: Path) -> None:
    saved = {"clusters": {"east": [{"manifest": spec("cc", 7)}, {"manifest": spec("bb", 9)}]}}
    (tmp_path / "plan.json").write_text(json.dumps(saved))
    done = run(str(tmp_path / "plan.json"), "--proxy", f"east={DUMP}", "--format", "json")
    document = json.loads(done.output)
    assert (done.exit_code, document["ok"]) == (1, False)
    statuses = {one["name"]: one["status"] for one in document["proxies"][0]["plugins"]}
    assert statuses == {"bb": "loaded", "cc": "in the wrong order"}


def test_a_program(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM.replace("PRIORITY", "7"))
    done = run(str(tmp_path), "--proxy", str(DUMP))
    assert done.exit_code == 1
    assert "edge/cc  different\n" in done.output
    assert "It runs with another module, pluginConfig (as a whole) than the plan's." in done.output

    (tmp_path / "__main__.py").write_text(PROGRAM.replace("PRIORITY", "2**40"))
    done = run(str(tmp_path), "--proxy", str(DUMP))
    assert done.exit_code == 2
    assert "has errors, so it is no plan:\ncc: spec.priority: " in done.output
    assert "Traceback" not in done.output


def test_tsb_yaml_with_its_inventory() -> None:
    example = EXAMPLES / "tsb-yaml"
    words = [str(example / "tsb"), "--proxy", f"blue={DUMP}"]
    done = run(*words)
    assert (done.exit_code, "name the file that describes the fleet with --inventory" in done.output) == (2, True)
    done = run(*words, "--inventory", str(example / "clusters.yaml"))
    assert done.exit_code == 1, "the proxy is none of its gateways"
    assert "not seen: blue: WasmPlugin edge/shop-rate-limit-678ea4 reaches none of" in done.output


def test_a_cluster_of_the_plan_without_a_plugin(tmp_path: Path) -> None:
    saved = {"clusters": {"east": [{"manifest": spec("cc", 7)}], "west": []}}
    (tmp_path / "plan.json").write_text(json.dumps(saved))
    done = run(str(tmp_path / "plan.json"), "--proxy", f"west={DUMP}")
    assert "no planned plugin reaches this proxy" in done.output


def test_a_plugin_that_reaches_no_given_proxy_fails_only_on_demand(plan: Path) -> None:
    other = spec("cc", 7) | {"metadata": {"name": "cc", "namespace": "shop"}}
    (plan / "east" / "other.yaml").write_text(yaml.safe_dump(other))
    done = run(str(plan), "--proxy", str(DUMP))
    assert done.exit_code == 0
    assert "not seen: east: WasmPlugin shop/cc reaches none of these proxies." in done.output
    assert run(str(plan), "--proxy", str(DUMP), "--all").exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--proxy", "nowhere.json"], "nowhere.json cannot be read: No such file or directory."),
        (["--proxy", f"west={DUMP}"], "the plan has no such cluster; it has east."),
        (["--proxy", "http://127.0.0.1:9"], "cannot be reached"),
        (["--proxy", str(Path(__file__))], "it is no /config_dump of an Envoy."),
        (["--proxy", f"{DUMP},log=nowhere.log"], "nowhere.log cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(plan: Path, words: list[str], says: str) -> None:
    done = run(str(plan), *words)
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def test_all_unreadable_proxies_are_told_at_once(plan: Path) -> None:
    done = run(str(plan), "--proxy", "one.json", "--proxy", "two.json")
    assert ("one.json" in done.output, "two.json" in done.output) == (True, True)


def test_the_cluster_must_be_said_where_there_are_several(plan: Path) -> None:
    place = plan / "west" / "edge"
    place.mkdir(parents=True)
    (place / "cc.yaml").write_text(yaml.safe_dump(spec("cc", 7)))
    done = run(str(plan), "--proxy", str(DUMP))
    assert (done.exit_code, "say which cluster it is in: east, west." in done.output) == (2, True)


@pytest.mark.parametrize("content", ["", "{}", "a: b"])
def test_what_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    assert run(str(tmp_path / "x.json"), "--proxy", str(DUMP)).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert run(str(tmp_path / "empty"), "--proxy", str(DUMP)).exit_code == 2
