"""`mesh-wasm lint .` in a repository as people keep it: other people's files, charts, overlays, what git ignores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mesh_wasm.cli import main
from mesh_wasm.findings.examples import GOOD
from mesh_wasm.yaml.paths import read_paths

PATCH = (
    "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl}\nspec: {pluginConfig: {a: b}}\n"
)
TEMPLATE = (
    GOOD.replace("edge", "{{ .Release.Namespace }}") + "{{- if .Values.open }}\n  failStrategy: FAIL_OPEN\n{{- end }}\n"
)


def lint(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["lint", str(folder), *more])


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "build: [!reference [.setup, script]]\n",
        '{"a": 1, // comment\n "b": 2}',
        "not: [valid",
        "x: .inf\n",
        "a: 1\na: 2\n",
        "emoji: !!python/name:material.extensions.emoji.twemoji\n",
        "{% for host in hosts %}\n- {{ host }}\n{% endfor %}\n",
        "\x00\x01\x02",
        "kind: Service\nspec: [",
    ],
)
def test_what_mentions_nothing_of_ours_is_passed_over_without_a_word(tmp_path: Path, text: str) -> None:
    result = lint(write(tmp_path, {"plugin.yaml": GOOD, "other/x.yaml": text}))
    assert result.exit_code == 0
    assert "x.yaml" not in result.stdout


@pytest.mark.parametrize(
    "word", ["WasmPlugin", "wasmplugin", "extension.tsb.tetrate.io/v2", "kubernetes.io/dockerconfigjson"]
)
def test_what_mentions_one_and_cannot_be_read_stays_an_error(tmp_path: Path, word: str) -> None:
    result = lint(write(tmp_path, {"plugin.yaml": GOOD, "x.yaml": f"kind: {word}\nspec: [" + "x" * 70_000}))
    assert result.exit_code == 2
    assert "x.yaml:" in result.stdout


def test_a_file_that_is_named_itself_has_to_be_readable(tmp_path: Path) -> None:
    write(tmp_path, {"x.yaml": "a: ["})
    assert lint(tmp_path / "x.yaml").exit_code == 2


def test_a_mention_far_into_a_large_file_is_seen(tmp_path: Path) -> None:
    text = "a: 1\n" * 2**18 + "kind: WasmPlugin\nb: ["
    assert lint(write(tmp_path, {"x.yaml": text})).exit_code == 2


CHART = {"chart/Chart.yaml": "name: acl\n", "chart/values.yaml": "a: 1\n", "plugin.yaml": GOOD}


def test_a_helm_chart_gets_one_sentence(tmp_path: Path) -> None:
    files = {**CHART, "chart/templates/a.yaml": TEMPLATE, "chart/templates/b.yaml": TEMPLATE}
    result = lint(write(tmp_path, files))
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if "helm template" in line]
    assert line.endswith(f"helm template {tmp_path / 'chart'} | mesh-wasm lint -")
    assert "templates/a.yaml, templates/b.yaml" in line


def test_a_template_that_happens_to_be_yaml_is_one_all_the_same(tmp_path: Path) -> None:
    quoted = GOOD.replace("namespace: edge", 'namespace: "{{ .Release.Namespace }}"')
    result = lint(write(tmp_path, {**CHART, "chart/templates/a.yaml": quoted}))
    assert "helm template" in result.stdout
    assert "MW" not in "".join(line for line in result.stdout.splitlines() if "templates/a.yaml:" in line)


def test_a_manifest_in_a_chart_that_is_no_template_is_linted(tmp_path: Path) -> None:
    result = lint(write(tmp_path, {**CHART, "chart/templates/a.yaml": GOOD + "  phase: authz\n"}))
    assert result.exit_code == 1
    assert "helm template" not in result.stdout


def test_charts_that_mention_nothing_of_ours_are_passed_over(tmp_path: Path) -> None:
    result = lint(write(tmp_path, {**CHART, "chart/templates/a.yaml": "kind: Service\n{{- if x }}\n"}))
    assert result.exit_code == 0
    assert "helm" not in result.stdout


@pytest.mark.parametrize(
    "patches",
    [
        "patches: [{path: patch.yaml}]",
        "patchesStrategicMerge: [patch.yaml]",
        "patchesJson6902: [{path: patch.yaml, target: {kind: WasmPlugin, name: acl}}]",
        "patches: [{path: ./patch.yaml, target: {kind: WasmPlugin}}]",
    ],
)
def test_a_patch_of_kustomize_is_no_object(tmp_path: Path, patches: str) -> None:
    files = {
        "base/plugin.yaml": GOOD,
        "prod/patch.yaml": PATCH,
        "prod/kustomization.yaml": f"resources: [../base]\n{patches}\n",
    }
    result = lint(write(tmp_path, files))
    assert result.exit_code == 0, result.stdout
    assert f"kustomize build {tmp_path / 'prod'} | mesh-wasm lint -" in result.stdout


def test_a_patch_that_is_named_itself_and_one_in_a_folder_below(tmp_path: Path) -> None:
    files = {"kustomization.yaml": "patches: [{path: patches/acl.yaml}]\n", "patches/acl.yaml": PATCH}
    write(tmp_path, files)
    for place in (tmp_path, tmp_path / "patches" / "acl.yaml"):
        result = lint(place)
        assert result.exit_code == 0, result.stdout
        assert "kustomize build" in result.stdout


def test_a_patch_that_nobody_names_is_an_object(tmp_path: Path) -> None:
    assert lint(write(tmp_path, {"kustomization.yaml": "resources: [a.yaml]\n", "patch.yaml": PATCH})).exit_code == 1


def test_a_patch_within_a_kustomization_is_told(tmp_path: Path) -> None:
    inline = "patches:\n- target: {kind: WasmPlugin}\n  patch: |-\n    - {op: remove, path: /spec/phase}\n"
    result = lint(write(tmp_path, {"plugin.yaml": GOOD, "kustomization.yaml": inline}))
    assert result.exit_code == 0
    assert "kustomize build" in result.stdout


def test_the_notes_are_in_every_format(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"plugin.yaml": GOOD, "prod/patch.yaml": PATCH, "prod/kustomization.yaml": "patches: [{path: patch.yaml}]"},
    )
    (note,) = json.loads(lint(tmp_path, "--format", "json").stdout)["notes"]
    assert "kustomize build" in note["message"]
    (ran,) = json.loads(lint(tmp_path, "--format", "sarif").stdout)["runs"]
    (told,) = ran["invocations"][0]["toolExecutionNotifications"]
    assert "kustomize build" in told["message"]["text"]
    assert "::notice file=" in lint(tmp_path, "--format", "github").stdout


def read(folder: Path) -> list[str]:
    documents, problems = read_paths([str(folder)])
    assert not [one for one in problems if "holds no file" not in one.says]
    return sorted(str(Path(one.file).relative_to(folder)) for one in documents)


def test_what_git_ignores_and_virtual_environments_are_not_walked(tmp_path: Path) -> None:
    files = {
        ".gitignore": "rendered/\n*.secret.yaml\n!keep.secret.yaml\n",
        "a.yaml": "a: 1",
        "rendered/b.yaml": "a: 1",
        "x.secret.yaml": "a: 1",
        "keep.secret.yaml": "a: 1",
        "sub/.gitignore": "/c.yaml\n",
        "sub/c.yaml": "a: 1",
        "sub/deep/c.yaml": "a: 1",
        "near/.gitignore": "!near.secret.yaml\n",
        "near/near.secret.yaml": "a: 1",
        "env/pyvenv.cfg": "",
        "env/lib/d.yaml": "a: 1",
        "node_modules/e/e.yaml": "a: 1",
    }
    (tmp_path / ".git").mkdir()
    write(tmp_path, files)
    assert read(tmp_path) == ["a.yaml", "keep.secret.yaml", "near/near.secret.yaml", "sub/deep/c.yaml"]
    assert read(tmp_path / "sub") == ["deep/c.yaml"]


def test_a_folder_that_git_ignores_is_read_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, {".gitignore": "rendered/\n", "rendered/east/b.yaml": "a: 1"})
    assert read(tmp_path / "rendered") == ["east/b.yaml"]
    assert read(tmp_path / "rendered" / "east") == ["b.yaml"]


@pytest.mark.parametrize(
    ("api_version", "kind", "words"),
    [
        ("extensions.higress.io/v1alpha1", "WasmPlugin", "Higress"),
        ("maistra.io/v1", "ServiceMeshExtension", "OpenShift"),
        ("plugins.example.com/v1", "WasmPlugin", "plugins.example.com"),
    ],
)
def test_an_object_of_another_api_is_named(tmp_path: Path, api_version: str, kind: str, words: str) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{url: x}}\n"
    result = lint(write(tmp_path, {"a.yaml": text}))
    assert result.exit_code == 0
    assert words in result.stdout
    assert "MW255" in result.stdout
