"""`mesh-wasm adopt` as a user calls it: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from support.golden import check_tree, read_tree

from mesh_wasm_pulumi.cli import main

HERE = Path(__file__).parent
SOURCES = (str(HERE / "east.yaml"), str(HERE / "west.yaml"))


def adopt(*words: str) -> Result:
    return CliRunner().invoke(main, ["adopt", *words], catch_exceptions=False)


@pytest.mark.parametrize("language", ["python", "yaml"])
def test_the_program_is_the_golden_one(tmp_path: Path, language: str) -> None:
    done = adopt(*SOURCES, "--out", str(tmp_path / "shop"), "--language", language)
    assert done.exit_code == 1, done.output
    written = read_tree(tmp_path / "shop")
    check_tree(HERE / "golden" / language, written)
    again = adopt(*reversed(SOURCES), "--out", str(tmp_path / "again" / "shop"), "--language", language)
    imported = json.loads(written["import.json"])["resources"]
    assert again.exit_code == 1
    assert json.loads((tmp_path / "again" / "shop" / "import.json").read_text())["resources"] == imported
    for text in [*written.values(), done.output, done.stderr]:
        assert "canary" not in text
        assert base64.b64encode(b"canary").decode()[:6] not in text


def test_pulumi_yaml_knows_no_null(tmp_path: Path) -> None:
    done = adopt(*SOURCES, "--out", str(tmp_path / "shop"), "--language", "yaml")
    refused = [line for line in done.output.splitlines() if "which Pulumi YAML leaves out" in line]
    assert len(refused) == 2
    text = (tmp_path / "shop" / "Pulumi.yaml").read_text()
    assert "acl-check" in text
    assert "stats" not in text


def test_what_is_left_out_is_told_with_its_reason(tmp_path: Path) -> None:
    said = adopt(*SOURCES, "--out", str(tmp_path / "shop")).output
    for name, reason in {
        "owned": "Filter quota made it and owns it",
        "stacks": "another Pulumi stack manages it",
        "newer": "there is no field 'fieldOfTomorrow' here",
        "going": "it is being deleted",
    }.items():
        (line,) = [
            line for line in said.splitlines() if line.startswith(f"not adopted: WasmPlugin shop/{name} in east")
        ]
        assert reason in line
        assert "east.yaml:" in line
    assert "skipped: WasmPlugin shop/ours in east" in said
    assert "1 EnvoyFilter of east (shop/by-hand) load Wasm modules themselves" in said
    assert "Helm's release acl still writes it" in said
    assert "TSB still writes it" in said
    assert "the field manager helm holds its fields" in said
    assert "7 of 12 objects adopted: 4 by 1 extension on 2 targets, 3 by 2 raw plugins." in said


def test_the_report_for_machines(tmp_path: Path) -> None:
    told = json.loads(adopt(*SOURCES, "--out", str(tmp_path / "shop"), "--format", "json").output)
    assert told["clusters"] == {"east": 5, "west": 2}
    assert {one["name"] for one in told["refused"]} == {"ours", "owned", "stacks", "newer", "going"}
    assert [one["name"] for one in told["refused"] if one["ours"]] == ["ours"]
    assert told["written"] == ["Pulumi.yaml", "__main__.py", "import.json"]


def test_raw_declares_no_extension(tmp_path: Path) -> None:
    done = adopt(*SOURCES, "--out", str(tmp_path / "shop"), "--raw", "--format", "json")
    told = json.loads(done.output)
    assert told["extensions"] == told["attachments"] == []
    assert told["plugins"] == ["edge-acl", "front-acl", "pay-acl", "shop-acl", "script", "stats"]


def test_the_inventory_gives_the_facts(tmp_path: Path) -> None:
    inventory = tmp_path / "clusters.yaml"
    facts = {"istioVersion": "1.30", "namespaces": ["edge", "shop", "pay"], "rootNamespace": "mesh-config"}
    inventory.write_text(yaml.safe_dump({"clusters": {"west": facts, "east": facts}}, sort_keys=False))
    adopt(*SOURCES, "--out", str(tmp_path / "shop"), "--inventory", str(inventory))
    text = (tmp_path / "shop" / "__main__.py").read_text()
    assert 'istio_version="1.30"' in text
    assert 'root_namespace="mesh-config"' in text
    assert text.index('"west",') < text.index('"east",'), "in the order of the inventory"
    lone = adopt(f"north={SOURCES[0]}", "--out", str(tmp_path / "n"), "--inventory", str(inventory))
    assert lone.exit_code == 2
    assert "the inventory has no cluster north" in lone.output


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Pulumi.yaml").write_text("name: mine\n")
    done = adopt(*SOURCES, "--out", str(tmp_path / "shop"))
    assert done.exit_code == 2
    assert "holds Pulumi.yaml already" in done.output
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["Pulumi.yaml"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: ConfigMap\n", "of 1 document, none is a WasmPlugin or TrafficExtension"),
        ("a: [\n", "east.yaml:1"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "east.yaml").write_text(text)
    done = adopt(str(tmp_path / "east.yaml"), "--out", str(tmp_path / "shop"))
    assert done.exit_code == 2
    assert says in done.output
    assert not (tmp_path / "shop").exists()


def test_a_snapshot_names_its_cluster_and_tells_its_facts(tmp_path: Path) -> None:
    source = HERE.parent / "snapshot" / "east.yaml"
    done = adopt(str(source), "--out", str(tmp_path / "shop"))
    assert done.exit_code == 0, done.output
    text = (tmp_path / "shop" / "__main__.py").read_text()
    assert 'istio_version="1.30.3"' in text
    assert 'kubeconfig=config.require_secret("kubeconfig-east")' in text
    renamed = adopt(f"north={source}", "--out", str(tmp_path / "north"))
    assert renamed.exit_code == 0
    assert '"kubeconfig-north"' in (tmp_path / "north" / "__main__.py").read_text()
    twice = adopt(str(source), f"east={source}", "--out", str(tmp_path / "twice"))
    assert twice.exit_code == 2
    assert "this is a second snapshot of cluster east" in twice.output


def test_what_looks_like_a_secret_is_named_and_never_told(tmp_path: Path) -> None:
    """It is taken over as it stands, or the plugin would change; whoever takes it over has to know."""
    spec = {
        "url": "https://u:hunter2hunter2@registry.acme.io/acl.wasm",
        "pluginConfig": {"client": {"password": "hunter2hunter2", "passwordFile": "/etc/password"}},
        "vmConfig": {"env": [{"name": "API_KEY", "value": "hunter2hunter2"}]},
    }
    script = {"wasm": {"url": "oci://registry.acme.io/acl:1", "pluginConfig": {"apiToken": "hunter2hunter2"}}}
    quiet = {"url": "oci://registry.acme.io/acl:1", "pluginConfig": {"tokenHeader": "x-token"}}
    kinds = (("acl", "WasmPlugin", spec), ("both", "TrafficExtension", script), ("quiet", "WasmPlugin", quiet))
    documents = [
        {"apiVersion": "extensions.istio.io/v1alpha1", "kind": kind, "spec": held,
         "metadata": {"name": name, "namespace": "edge"}} for name, kind, held in kinds
    ]  # fmt: skip
    source = tmp_path / "east.yaml"
    source.write_text(yaml.safe_dump_all(documents))
    done = adopt(f"east={source}", "--out", str(tmp_path / "infra"))
    assert done.exit_code == 0, done.output
    notes = [line for line in done.output.splitlines() if "what looks like a secret" in line]
    told = dict(line.removeprefix("note: ").split(" in east: ", maxsplit=1) for line in notes)
    assert {
        one: says.partition(", and in the program")[0].rpartition(" in spec.")[0] for one, says in told.items()
    } == {
        "WasmPlugin edge/acl": "what looks like a secret stands in plain text",
        "TrafficExtension edge/both": "what looks like a secret stands in plain text",
    }
    fields = "spec.url, spec.pluginConfig.client.password, spec.vmConfig.env[0].value"
    assert f"in plain text in {fields}, and" in told["WasmPlugin edge/acl"]
    assert "in plain text in spec.wasm.pluginConfig.apiToken, and" in told["TrafficExtension edge/both"]
    assert "hunter2" not in done.output
