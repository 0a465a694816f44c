"""The writer of manifests: one text per object, one file per object, no secret, no leftovers."""

from __future__ import annotations

import random
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.modules.locked import Lock
from mesh_wasm.modules.lockfile import LockError, write_lock
from mesh_wasm.planning.manifests import HEADER, ManifestError, file_text, object_path, to_yaml, tree, write_tree
from mesh_wasm.yaml.file import documents

PLUGIN: dict[str, Any] = {
    "spec": {
        "priority": 0,
        "pluginConfig": {"b": 1, "a": {"d": "yes", "c": [True, None, 1.5]}},
        "phase": "AUTHN",
        "url": "oci://r.example.com/x:1",
        "selector": {"matchLabels": {"app": "shop"}},
    },
    "metadata": {"labels": {"b": "1", "a": "2"}, "namespace": "edge", "name": "x"},
    "kind": "WasmPlugin",
    "apiVersion": "extensions.istio.io/v1alpha1",
}
PASSWORD = "hunter2-and-more"
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "pull", "namespace": "edge"},
    "type": "kubernetes.io/dockerconfigjson",
    "stringData": {".dockerconfigjson": PASSWORD},
}


def shuffled(value: Any, seed: int = 3) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        random.Random(seed).shuffle(keys)
        return {key: shuffled(value[key], seed) for key in keys}
    return [shuffled(item, seed) for item in value] if isinstance(value, list) else value


def test_keys_have_one_order() -> None:
    text = to_yaml(PLUGIN)
    keys = [line.strip(" -").split(":")[0] for line in text.splitlines()]
    assert keys[:8] == ["apiVersion", "kind", "metadata", "name", "namespace", "labels", "a", "b"]
    order = ["selector", "url", "pluginConfig", "phase", "priority"]
    assert [key for key in keys if key in order] == order
    for seed in range(20):
        assert to_yaml(shuffled(PLUGIN, seed)) == text
    assert yaml.safe_load(text) == PLUGIN


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Y",
        "n",
        "1",
        "1e3",
        "0o17",
        "0x1F",
        "1_000",
        "12:30",
        "2026-11-22",
        "~",
        "null",
        ".inf",
        "=",
        "<<",
        "",
        "-",
    ],
)
def test_texts_that_some_reader_takes_for_another_type_are_quoted(text: str) -> None:
    line = to_yaml({"a": text}).strip()
    assert line in (f"a: '{text}'", f'a: "{text}"')


BREAKS = st.text(alphabet="a \n\r\t\x85\u2028\u2029\ufeff\x00'\":#", max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | st.integers() | FLOATS | st.text() | BREAKS


@settings(max_examples=300)
@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(BREAKS | st.text(), inner), max_leaves=5))
def test_every_value_comes_back(value: Any) -> None:
    text = to_yaml({"a": value})
    assert yaml.safe_load(text) == {"a": value}
    (document,) = documents(text, "f.yaml")
    assert document.value == {"a": value}


def test_several_lines_stay_readable() -> None:
    assert to_yaml({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"


@pytest.mark.parametrize(
    ("cluster", "metadata", "path"),
    [
        ("east", {"name": "x", "namespace": "edge"}, "east/edge/WasmPlugin-x.yaml"),
        ("east", {"name": "x"}, "east/_cluster/WasmPlugin-x.yaml"),
        ("../up", {"name": "../../x", "namespace": ".."}, "_up-*/*/WasmPlugin-.._.._x-*.yaml"),
        ("a/b", {"name": "<known at up>", "namespace": "e"}, "a_b-*/e/WasmPlugin-_known_at_up_-*.yaml"),
        ("east", {"name": "x" * 253, "namespace": "e"}, "east/e/WasmPlugin-xxx*.yaml"),
    ],
)
def test_paths_stay_inside_and_fit(cluster: str, metadata: dict[str, str], path: str) -> None:
    found = object_path(cluster, {"kind": "WasmPlugin", "metadata": metadata})
    assert found.match(path)
    assert len(found.parts) == 3
    assert ".." not in found.parts
    assert all(len(part) <= 255 for part in found.parts)


def test_a_secret_is_redacted_and_says_how_to_supply_it() -> None:
    for manifest in (SECRET, {**SECRET, "stringData": None, "data": {".dockerconfigjson": "aHVudGVyMg=="}}):
        text = file_text(manifest)
        assert PASSWORD not in text
        assert "aHVudGVyMg" not in text
        assert "kubectl -n edge create secret generic pull --type=kubernetes.io/dockerconfigjson" in text
        assert "--from-file=.dockerconfigjson=<file>" in text
        assert yaml.safe_load(text) == {k: v for k, v in SECRET.items() if k not in ("stringData", "data")}


def test_marks_of_a_plan_are_named() -> None:
    spec = {**PLUGIN["spec"], "url": "<known at up>", "pluginConfig": {"token": "<secret>"}}
    text = file_text({**PLUGIN, "spec": spec})
    assert "# Not ready to be applied, for these values are secret: spec.pluginConfig.token." in text
    assert "known at `pulumi up` only: spec.url." in text


def test_objects_that_share_a_file_name() -> None:
    other = {**PLUGIN, "apiVersion": "other.io/v1"}
    assert list(tree([("e", PLUGIN), ("e", PLUGIN)])) == [PurePosixPath("e/edge/WasmPlugin-x.yaml")]
    both = tree([("e", PLUGIN), ("e", other)])
    assert len(both) == 2
    assert both == tree([("e", other), ("e", PLUGIN)])


def content(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def named(name: str, namespace: str = "edge") -> dict[str, Any]:
    return {**PLUGIN, "metadata": {"name": name, "namespace": namespace}}


def test_a_later_run_removes_what_is_no_longer_planned(tmp_path: Path) -> None:
    own = tmp_path / "east" / "edge" / "kustomization.yaml"
    write_tree(tmp_path, [("east", named("a")), ("east", named("b", "shop")), ("west", named("a"))])
    own.write_text("resources: []\n")
    written = write_tree(tmp_path, [("east", named("c"))])
    assert written == [tmp_path / "east/edge/WasmPlugin-c.yaml"]
    assert list(content(tmp_path)) == ["east/edge/WasmPlugin-c.yaml", "east/edge/kustomization.yaml"]
    assert not (tmp_path / "west").exists()
    assert not (tmp_path / "east" / "shop").exists()


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    (path,) = write_tree(tmp_path, [("east", named("a"))])
    before = path.stat().st_mtime_ns
    path.chmod(0o444)
    write_tree(tmp_path, [("east", named("a"))])
    assert path.stat().st_mtime_ns == before
    assert path.read_text().startswith(HEADER + "\n")


def test_a_foreign_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "east" / "edge").mkdir(parents=True)
    foreign = tmp_path / "east" / "edge" / "WasmPlugin-b.yaml"
    foreign.write_text("mine: true\n")
    with pytest.raises(ManifestError, match="is in the way: mesh-wasm did not write it"):
        write_tree(tmp_path, [("east", named("a")), ("east", named("b"))])
    assert content(tmp_path) == {"east/edge/WasmPlugin-b.yaml": "mine: true\n"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_tree(elsewhere, [("east", named("a"))])
    out = tmp_path / "out"
    out.mkdir()
    (out / "east").symlink_to(elsewhere / "east")
    write_tree(out, [("west", named("a"))])
    assert (elsewhere / "east/edge/WasmPlugin-a.yaml").exists()


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ManifestError, match=r"cannot be written: "):
        write_tree(tmp_path / "out", [("east", named("a"))])


def test_a_folder_that_cannot_be_looked_into_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be written: file name too long"):
        write_tree(tmp_path / ("x" * 300), [("east", named("a"))])


def test_a_lock_below_a_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LockError, match="cannot be written: not a directory"):
        write_lock(tmp_path / "file" / "x", Lock(name="x"))
