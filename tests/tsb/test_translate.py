"""The translate command: its output, what it writes, and how it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from support.golden import EXAMPLES, check_file, check_tree, read_tree
from surroundings.objects import deployment, text

from mesh_wasm.cli import main
from mesh_wasm.model.plugin import WasmPluginSpec

from .documents import ALL, EXTENSION, changed

EXAMPLE = EXAMPLES / "tsb-yaml"
INVENTORY = "clusters:\n  east: {namespaces: [edge, shop]}\n  west: {namespaces: [shop]}\n"


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, ["translate", *args], input=stdin, prog_name="mesh-wasm")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text(INVENTORY)
    Path("tsb").mkdir()
    Path("tsb/all.yaml").write_text(yaml.safe_dump_all(ALL))
    return tmp_path


def test_the_example(work: Path) -> None:
    shutil.copytree(EXAMPLE / "tsb", work / "example")
    inventory = EXAMPLE / "clusters.yaml"
    result = run("example", "--inventory", str(inventory), "--out", "out")
    assert result.exit_code == 0, result.output
    check_file(EXAMPLE / "golden" / "translate.txt", result.stdout)
    check_tree(EXAMPLE / "golden" / "manifests", read_tree(work / "out"))


def test_the_example_of_a_whole_organization(work: Path) -> None:
    example = EXAMPLES / "tsb-organization"
    shutil.copytree(example / "tsb", work / "example")
    args = ("example", "--inventory", str(example / "clusters.yaml"), "--out", "out")
    refused = run(*args)
    assert refused.exit_code == 1
    assert "MW570" in refused.stdout
    result = run(*args, "--stricter", "union")
    assert result.exit_code == 0, result.output
    check_file(example / "golden" / "translate.txt", result.stdout)
    check_tree(example / "golden" / "manifests", read_tree(work / "out"))


def test_the_seed_document(work: Path) -> None:
    """TSB's own example, with the types that it writes, on a gateway: every field arrives."""
    seed = (EXAMPLE / "tsb" / "extensions.yaml").read_text().split("---")[0]
    gateway = yaml.safe_dump(
        {
            "apiVersion": "gateway.tsb.tetrate.io/v2",
            "kind": "IngressGateway",
            "metadata": {"organization": "org", "tenant": "tenant1", "workspace": "w", "group": "g", "name": "gw"},
            "spec": {
                "workloadSelector": {"namespace": "edge", "labels": {"app": "gw"}},
                "extension": [{"fqn": "organizations/org/extensions/wasm-auth"}],
            },
        }
    )
    result = run("-", "--inventory", "clusters.yaml", "--format", "json", stdin=f"{seed}---\n{gateway}")
    assert result.exit_code == 0, result.output
    (manifest,) = json.loads(result.stdout)["clusters"]["east"]
    assert manifest["spec"] == {
        "selector": {"matchLabels": {"app": "gw"}},
        "url": "oci://docker.io/example/my-wasm-extension:1.0",
        "pluginConfig": {"some_key": "some_value"},
        "phase": "AUTHZ",
        "priority": 1000,
    }
    assert manifest["metadata"]["annotations"]["mesh-wasm/source"] == "https://github.com/example/wasm-extension"
    assert manifest["metadata"]["annotations"]["mesh-wasm/description"].startswith("Long description")
    assert WasmPluginSpec.model_validate(manifest["spec"])


def test_json_names_everything(work: Path) -> None:
    Path("tsb/other.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    result = run("tsb", "--inventory", "clusters.yaml", "--out", "out", "--format", "json")
    answer: dict[str, Any] = json.loads(result.stdout)
    assert (answer["documents"], answer["skipped"]) == (7, 1)
    assert {name: len(objects) for name, objects in answer["clusters"].items()} == {"east": 2, "west": 1}
    assert sorted(answer["written"]) == sorted(read_tree(work / "out"))
    assert {finding["severity"] for finding in answer["findings"]} <= {"info"}


def test_a_second_run_changes_nothing_and_a_smaller_one_cleans_up(work: Path) -> None:
    args = ("tsb", "--inventory", "clusters.yaml", "--out", "out")
    run(*args)
    first = read_tree(work / "out")
    stamps = {path: path.stat().st_mtime_ns for path in (work / "out").rglob("*.yaml")}
    assert len(first) == 3
    assert run(*args).exit_code == 0
    assert read_tree(work / "out") == first
    assert {path: path.stat().st_mtime_ns for path in (work / "out").rglob("*.yaml")} == stamps
    Path("tsb/all.yaml").write_text(yaml.safe_dump_all([d for d in ALL if d["kind"] != "SecuritySetting"]))
    run(*args)
    assert len(read_tree(work / "out")) == 1


def test_errors_leave_the_folder_as_it_is(work: Path) -> None:
    args = ("tsb", "--inventory", "clusters.yaml", "--out", "out")
    run(*args)
    first = read_tree(work / "out")
    bad = changed(EXTENSION, "spec.phase", "AUTZ")
    Path("tsb/all.yaml").write_text(yaml.safe_dump_all([bad, *ALL[1:]], sort_keys=False))
    result = run(*args)
    assert result.exit_code == 1
    assert "tsb/all.yaml:8: error: WasmExtension acl spec.phase: 'AUTZ' is not one of" in result.stdout
    assert "did you mean AUTHZ?" in result.stdout
    assert result.stdout.endswith("Nothing is written.\n")
    assert read_tree(work / "out") == first
    answer = json.loads(run(*args, "--format", "json").stdout)
    assert answer["written"] == []
    assert answer["clusters"] == {}
    (error, *_) = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    assert {"rule": "MW104", "file": "tsb/all.yaml", "line": 8, "path": "spec.phase"}.items() <= error.items()


def test_an_inventory_with_errors(work: Path) -> None:
    Path("clusters.yaml").write_text("clusters:\n  east: {namespaces: [edge, shop]}\n  west:\n    istioVersion: 1.30\n")
    result = run("tsb", "--inventory", "clusters.yaml", "--out", "out")
    assert result.exit_code == 1
    assert "clusters.yaml:4: error: clusters.west.istioVersion: expected a text" in result.stdout
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("nowhere", "--inventory", "clusters.yaml"), "nowhere: there is no such file or folder."),
        (("tsb", "--inventory", "nowhere.yaml"), "nowhere.yaml: there is no such file or folder."),
        (("empty", "--inventory", "clusters.yaml"), "empty: the folder holds no file that ends in .yaml, .yml, .json."),
        (
            ("other.yaml", "--inventory", "clusters.yaml"),
            "nothing to translate: of 1 document, none is of a kind of TSB",
        ),
        (("broken.yaml", "--inventory", "clusters.yaml"), "broken.yaml:1: this is no YAML"),
        (("tsb",), "Missing option '--inventory'"),
        (("--inventory", "clusters.yaml"), "Missing argument 'PATH...'"),
        (("tsb", "--inventory", "clusters.yaml", "--out", "clusters.yaml"), "cannot be written: "),
    ],
)
def test_unreadable(work: Path, args: tuple[str, ...], says: str) -> None:
    Path("empty").mkdir()
    Path("broken.yaml").write_text("a: [1")
    Path("other.yaml").write_text("kind: ConfigMap")
    result = run(*args)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_file_is_read_once_however_often_it_is_named(work: Path) -> None:
    Path("link.yaml").symlink_to("tsb/all.yaml")
    result = run("tsb", "tsb/all.yaml", "./tsb/../tsb", "link.yaml", "--inventory", "clusters.yaml", "--format", "json")
    assert json.loads(result.stdout)["documents"] == 6


@pytest.mark.parametrize(("carried", "rules"), [("gw", []), ("gwx", ["MW406"])])
def test_workloads_beside_tsb_yaml_are_surroundings(work: Path, carried: str, rules: list[str]) -> None:
    """The Deployment is passed over as a document, and still tells whom the gateway's plugin reaches."""
    Path("tsb/workloads.yaml").write_text(text(deployment("front", "edge", app=carried)))
    result = run("tsb", "--inventory", "clusters.yaml", "--format", "json")
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    assert answer["skipped"] == 1
    assert [one["rule"] for one in answer["findings"] if one["severity"] == "warning"] == rules
